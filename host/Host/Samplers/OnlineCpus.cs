using System.Globalization;

namespace OppTel.Host.Samplers;

/// <summary>CPUs that run now.</summary>
internal static class OnlineCpus
{
    /// <summary>Their numbers, in order; the file says such as "0-3,8".</summary>
    public static int[] List() =>
    [
        .. File.ReadAllText("/sys/devices/system/cpu/online").Trim().Split(',').SelectMany(range =>
        {
            int[] ends = [.. range.Split('-').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        }),
    ];
}
