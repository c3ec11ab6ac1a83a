using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>
/// One look at what others than OppTel say of this machine. Numbers are named by where they come from, such as
/// "/proc/vmstat pgfault", and have the units of metrics: seconds and bytes.
/// </summary>
internal sealed class Account
{
    private const double Microsecond = 1e-6, Millisecond = 1e-3, Tick = 0.01, Kibibyte = 1024, Sector = 512;
    private static readonly char[] Blanks = [' ', '\t'];
    private static readonly string[] Modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
    private static readonly string[] DeviceColumns = ["bytes", "packets", "errs", "drop"];
    private static readonly string[] Groups = ["reads", "writes", "discards"];
    private readonly Dictionary<string, double> values = new(StringComparer.Ordinal);

    /// <summary>Looks.</summary>
    public Account(Scene scene)
    {
        ReadStat();
        ReadPairs("/proc/vmstat", 1);
        ReadPairs("/proc/meminfo", Kibibyte);
        ReadSoftnet();
        ReadDisk(scene.Disk.Number);
        Tasks tasks = new(values, scene.Processes);
        tasks.Read();
        scene.Testbed.Host.Run(() => ReadDevices(File.ReadLines("/proc/thread-self/net/dev")));
        foreach ((string name, NetworkNamespace space) in ((string, NetworkNamespace)[])[("host", scene.Testbed.Host), ("network", scene.Testbed.Network)])
        {
            (string key, string[] lines) = space.Run(() => (Tasks.NamespaceOf("/proc/thread-self"), Lines("/proc/thread-self")));
            ReadProtocols(name, lines);
            ReadProtocols("all", lines);
            tasks.Namespaces.Remove(key);
        }

        foreach (string[] lines in tasks.Namespaces.Values.Select(Lines))
            ReadProtocols("all", lines);
        foreach ((string name, string folder) in scene.Cgroups)
            values[$"cpu.stat {name} usage"] = Number(File.ReadLines(Path.Combine(folder, "cpu.stat")).First().Split(' ')[1]) * Microsecond;
        scene.Recorder.AddTo(values);
        values["connections that the load gave up"] = scene.GivenUp;
        Recorded = scene.Recorder.Count;
    }

    /// <summary>Values that the recorder had kept when it was looked at.</summary>
    public int Recorded { get; }

    /// <summary>A number by its name, or the sum of several, with " + " between their names.</summary>
    public double Sum(string names) => names.Split(" + ").Sum(name => values.TryGetValue(name, out double value) ? value : throw new KeyNotFoundException($"nothing is called '{name}'"));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Words(string line) => line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);

    private static string[] Lines(string task) => [.. File.ReadLines($"{task}/net/snmp").Concat(File.ReadLines($"{task}/net/netstat"))];

    private void ReadStat()
    {
        foreach (string[] words in File.ReadLines("/proc/stat").Select(Words))
        {
            if (words[0].StartsWith("cpu", StringComparison.Ordinal) && words[0].Length > 3)
            {
                for (int mode = 0; mode < Modes.Length; mode++)
                    values[$"/proc/stat {words[0]} {Modes[mode]}"] = Number(words[mode + 1]) * Tick;
            }
        }
    }

    private void ReadPairs(string path, double unit)
    {
        foreach (string[] words in File.ReadLines(path).Select(Words))
            values[$"{path} {words[0].TrimEnd(':')}"] = Number(words[1]) * unit;
    }

    private void ReadSoftnet()
    {
        foreach (ulong[] columns in File.ReadLines("/proc/net/softnet_stat").Select(line => (ulong[])[.. Words(line).Select(word => ulong.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]))
        {
            foreach ((string name, int column) in ((string, int)[])[("processed", 0), ("dropped", 1), ("time_squeeze", 2), ("backlog", 11)])
                values[$"/proc/net/softnet_stat {columns[12]} {name}"] = columns[column];
        }
    }

    /// <remarks>Documentation/admin-guide/iostats.rst: operations, merged ones, sectors and ms, of reads, of writes; three numbers; of discards; operations and ms of flushes.</remarks>
    private void ReadDisk(string number)
    {
        double[] columns = [.. File.ReadLines("/proc/diskstats").Select(Words).Single(words => $"{words[0]}:{words[1]}" == number)[3..].Select(Number)];
        for (int group = 0; group < Groups.Length; group++)
        {
            int first = group == 2 ? 11 : 4 * group;
            values[$"/proc/diskstats {Groups[group]}"] = columns[first];
            values[$"/proc/diskstats {Groups[group]} bytes"] = columns[first + 2] * Sector;
            values[$"/proc/diskstats {Groups[group]} time"] = columns[first + 3] * Millisecond;
        }

        values["/proc/diskstats flushes"] = columns[15];
        values["/proc/diskstats flushes time"] = columns[16] * Millisecond;
    }

    private int ReadDevices(IEnumerable<string> lines)
    {
        foreach (string[] words in lines.Skip(2).Select(line => Words(line.Replace(':', ' '))))
        {
            for (int column = 0; column < DeviceColumns.Length; column++)
            {
                values[$"/proc/net/dev {words[0]} receive {DeviceColumns[column]}"] = Number(words[1 + column]);
                values[$"/proc/net/dev {words[0]} transmit {DeviceColumns[column]}"] = Number(words[9 + column]);
            }
        }

        return 0;
    }

    /// <summary>A line of names and a line of numbers for each protocol; added up where there are several namespaces.</summary>
    private void ReadProtocols(string whose, string[] lines)
    {
        foreach (string[] pair in lines.Chunk(2))
        {
            string[] names = pair[0].Split(' '), numbers = pair[1].Split(' ');
            for (int column = 1; column < names.Length; column++)
            {
                string name = $"/proc/net ({whose}) {names[0].TrimEnd(':')} {names[column]}";
                values[name] = values.GetValueOrDefault(name) + Number(numbers[column]);
            }
        }
    }
}
