using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>Finds the group that may attach to the segment.</summary>
internal static class SegmentGroup
{
    private const string Default = "opptel";

    /// <summary>Number of the group; null when none is configured and the default one does not exist.</summary>
    /// <param name="configured">Name or number, or null.</param>
    /// <exception cref="OperatorException">The configured group does not exist.</exception>
    public static uint? Find(string? configured)
    {
        if (uint.TryParse(configured, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            return number;
        string name = configured ?? Default;
        foreach (string line in File.ReadLines("/etc/group"))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 3 && fields[0] == name)
                return uint.Parse(fields[2], CultureInfo.InvariantCulture);
        }

        return configured is null
            ? null
            : throw new OperatorException(
                ExitCode.Configuration,
                $"segment.group: there is no group '{configured}' in /etc/group; run: groupadd --system {configured}, or give its number");
    }
}
