using System.Globalization;

namespace OppTel.Host.Catalog;

/// <summary>The block devices of this machine, from /proc/diskstats, which knows hidden paths to a disk too.</summary>
internal static class Disks
{
    /// <summary>Bits of the minor number in a device number here.</summary>
    public const int MinorBits = 20;

    /// <summary>Names by device number, partitions included.</summary>
    public static Dictionary<ulong, string> Names()
    {
        Dictionary<ulong, string> names = [];
        // Devices that come meanwhile can have a line shown twice.
        foreach (string[] fields in File.ReadLines("/proc/diskstats").Select(line => line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries)))
            names[(Number(fields[0]) << MinorBits) | Number(fields[1])] = fields[2];
        return names;
    }

    /// <summary>Whether a device holds nothing: a loop or network device that is nobody's now, a drive without its medium.</summary>
    public static bool IsEmpty(string name)
    {
        // A slash in a name is no folder in sysfs.
        string size = $"/sys/block/{name.Replace('/', '!')}/size";
        return File.Exists(size) && File.ReadAllText(size) == "0\n";
    }

    /// <summary>How a device is called that is gone before its name could be asked for, such as "8:16".</summary>
    public static string NumberOf(ulong id) => string.Create(CultureInfo.InvariantCulture, $"{id >> MinorBits}:{id & ((1u << MinorBits) - 1)}");

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
