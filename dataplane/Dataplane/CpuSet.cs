using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>Which CPUs the workers and the control thread run on.</summary>
/// <param name="Workers">One CPU for each worker.</param>
/// <param name="Control">CPUs of the control thread: those that no worker has, or all when none is left.</param>
internal sealed record CpuSet(IReadOnlyList<int> Workers, IReadOnlyList<int> Control)
{
    /// <summary>Assigns CPUs out of those that this process may use.</summary>
    /// <param name="wanted">From the configuration; empty: the last allowed CPU.</param>
    /// <exception cref="OperatorException">A wanted CPU is not allowed.</exception>
    public static CpuSet Assign(IReadOnlyList<int> wanted) => Assign(wanted, Allowed());

    internal static CpuSet Assign(IReadOnlyList<int> wanted, IReadOnlyList<int> allowed)
    {
        for (int index = 0; index < wanted.Count; index++)
        {
            if (!allowed.Contains(wanted[index]))
            {
                throw new OperatorException(
                    ExitCode.Configuration,
                    $"workers[{index}]: CPU {wanted[index]} is not one that this process may use ({FormatList(allowed)}); "
                    + "name one of those, or widen the service's CPU affinity");
            }
        }

        IReadOnlyList<int> workers = wanted.Count != 0 ? wanted : [allowed[^1]];
        int[] control = [.. allowed.Except(workers)];
        return new CpuSet(workers, control.Length != 0 ? control : allowed);
    }

    /// <summary>Reads a list as the kernel prints it: 0-3,8,10-11.</summary>
    internal static IReadOnlyList<int> ParseList(string list) =>
        [.. list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries).SelectMany(range =>
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            return Enumerable.Range(first, int.Parse(ends[^1], CultureInfo.InvariantCulture) - first + 1);
        })];

    internal static string FormatList(IEnumerable<int> cpus) => string.Join(',', cpus);

    private static IReadOnlyList<int> Allowed() => ParseList(ProcessStatus.Read("Cpus_allowed_list"));
}
