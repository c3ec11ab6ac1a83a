using OppTel.Bpf;
using OppTel.Host.Catalog;

namespace OppTel.Host.Survey;

/// <summary>Remembers the paths of cgroups that a survey meets: some are gone when it ends.</summary>
/// <param name="paths">Finds them.</param>
internal sealed class CgroupNames(CgroupPaths paths)
{
    /// <summary>What the name of a cgroup begins with of which only the kernel's number is known.</summary>
    public const string Unnamed = "id:";

    private readonly Dictionary<ulong, string?> names = new() { [0] = "no socket" };

    /// <summary>Looks up those that are not known yet.</summary>
    public void Meet(IEnumerable<ulong> ids)
    {
        foreach (ulong id in ids)
        {
            if (names.GetValueOrDefault(id) is null)
                names[id] = paths.Find(id);
        }
    }

    /// <summary>Tallies with names. Of one that ended before it could be asked, only the kernel's number is known.</summary>
    public IEnumerable<(string Name, SurveyTally Tally)> Name(IReadOnlyDictionary<ulong, SurveyTally> tallies) =>
        tallies.Select(entry => (names.GetValueOrDefault(entry.Key) ?? $"{Unnamed}{entry.Key}", entry.Value));
}
