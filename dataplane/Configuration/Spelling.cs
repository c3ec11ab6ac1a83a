using System.Text;

namespace OppTel.Configuration;

/// <summary>Names of keys and choices, and what a mistyped one may have meant.</summary>
public static class Spelling
{
    /// <summary>AfPacket to af_packet.</summary>
    public static string SnakeCase(string name)
    {
        StringBuilder builder = new();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && builder.Length > 0)
                builder.Append('_');
            builder.Append(char.ToLowerInvariant(letter));
        }

        return builder.ToString();
    }

    /// <summary>The end of a message: "; did you mean X?", or nothing when no name is near.</summary>
    public static string Suggest(string mistyped, IEnumerable<string> names)
    {
        string? nearest = names
            .Select(name => (Name: name, Distance: Distance(mistyped, name)))
            .Where(candidate => candidate.Distance <= Math.Max(2, mistyped.Length / 3))
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
        return nearest is null ? "" : $"; did you mean {nearest}?";
    }

    /// <summary>Levenshtein distance: insertions, deletions and substitutions.</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substitution = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
