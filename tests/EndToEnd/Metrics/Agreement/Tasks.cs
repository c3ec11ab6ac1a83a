using System.Globalization;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>What /proc says of all threads: migrations, who runs on which CPU, network namespaces; and more of some processes.</summary>
/// <param name="values">Takes it.</param>
/// <param name="processes">Numbers of those of which more is asked, by names.</param>
internal sealed class Tasks(Dictionary<string, double> values, IReadOnlyDictionary<string, int> processes)
{
    private const double Nanosecond = 1e-9, Tick = 0.01;

    /// <summary>For each network namespace in which a thread is, the folder of one of them.</summary>
    public Dictionary<string, string> Namespaces { get; } = [];

    /// <summary>What tells a thread's network namespace from others.</summary>
    public static string NamespaceOf(string task) => new FileInfo($"{task}/ns/net").LinkTarget ?? throw new IOException($"{task} has ended");

    /// <summary>Looks at all threads.</summary>
    public void Read()
    {
        values["/proc/TID/sched nr_migrations"] = 0;
        for (int cpu = 0; cpu < Environment.ProcessorCount; cpu++)
            values[$"/proc/TID/stat running on {cpu}"] = 0;
        foreach (string name in processes.Keys)
        {
            foreach (string what in (string[])["stat time", "status voluntary", "status involuntary", "schedstat delay"])
                values[$"/proc/PID/{what} of {name}"] = 0;
        }

        Dictionary<int, string> names = processes.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])))
        {
            foreach (string task in TasksOf(folder))
            {
                string? name = names.GetValueOrDefault(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                Try(() => ReadTask(task, name));
            }
        }
    }

    private static string[] TasksOf(string process)
    {
        string[] tasks = [];
        Try(() => tasks = Directory.GetDirectories($"{process}/task"));
        return tasks;
    }

    /// <summary>Threads end while they are looked at.</summary>
    private static void Try(Action look)
    {
        try
        {
            look();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Of what has ended the recorder knows the rest.
        }
    }

    private void ReadTask(string task, string? name)
    {
        string migrations = File.ReadLines($"{task}/sched").First(line => line.StartsWith("se.nr_migrations", StringComparison.Ordinal));
        values["/proc/TID/sched nr_migrations"] += double.Parse(migrations.Split(':')[1], CultureInfo.InvariantCulture);
        string stat = File.ReadAllText($"{task}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        if (fields[0] == "R")
            values[$"/proc/TID/stat running on {fields[36]}"]++;
        if (name is not null)
            ReadProcess(task, name, fields);
        Namespaces.TryAdd(NamespaceOf(task), task);
    }

    private void ReadProcess(string task, string name, string[] fields)
    {
        double[] schedule = [.. File.ReadAllText($"{task}/schedstat").Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        values[$"/proc/PID/stat time of {name}"] += (Number(fields[11]) + Number(fields[12])) * Tick;
        values[$"/proc/PID/schedstat delay of {name}"] += schedule[1] * Nanosecond;
        foreach (string line in File.ReadLines($"{task}/status"))
        {
            if (line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal))
                values[$"/proc/PID/status voluntary of {name}"] += Number(line.Split(':')[1]);
            else if (line.StartsWith("nonvoluntary_ctxt_switches:", StringComparison.Ordinal))
                values[$"/proc/PID/status involuntary of {name}"] += Number(line.Split(':')[1]);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
