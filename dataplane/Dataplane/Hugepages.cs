using System.Globalization;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>The hugepages of this machine.</summary>
internal static class Hugepages
{
    private const string Root = "/sys/kernel/mm/hugepages";

    /// <summary>Decides between hugepages and ordinary pages.</summary>
    /// <param name="use">From the configuration.</param>
    /// <param name="memory">Bytes that DPDK gets.</param>
    /// <exception cref="OperatorException">Hugepages are required and too few are free.</exception>
    public static bool Decide(HugepageUse use, long memory)
    {
        long free = use == HugepageUse.None ? 0 : FreeBytes(Root);
        if (use != HugepageUse.Required || free >= memory)
            return free >= memory && use != HugepageUse.None;
        long pages = (memory + (2 << 20) - 1) / (2 << 20);
        throw new OperatorException(
            ExitCode.Unavailable,
            $"hugepages: {Quantity.Format(free)} are free where memory asks for {Quantity.Format(memory)}; run: "
            + $"echo {pages} > /proc/sys/vm/nr_hugepages (pages of 2 MiB), or set hugepages to auto or none");
    }

    /// <summary>Bytes of free hugepages of all sizes below <paramref name="root"/>; zero on a kernel without any.</summary>
    internal static long FreeBytes(string root)
    {
        if (!Directory.Exists(root))
            return 0;
        long free = 0;
        foreach (string directory in Directory.EnumerateDirectories(root, "hugepages-*kB"))
        {
            string name = Path.GetFileName(directory);
            long size = 1024 * long.Parse(name.AsSpan(10, name.Length - 12), CultureInfo.InvariantCulture);
            free += size * long.Parse(File.ReadAllText(Path.Combine(directory, "free_hugepages")).AsSpan().Trim(), CultureInfo.InvariantCulture);
        }

        return free;
    }
}
