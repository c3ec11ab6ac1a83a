namespace OppTel.Aggregator.Tests.Throughput;

/// <summary>CPU time that threads of this process used, by their names.</summary>
internal static class ThreadTime
{
    /// <summary>Nanoseconds, to 10 ms, of all threads of a name.</summary>
    public static double Of(string name) => Directory.EnumerateDirectories("/proc/self/task")
        .Where(thread => File.ReadAllText(Path.Combine(thread, "comm")).Trim() == name)
        .Sum(thread =>
        {
            // Behind the name, which may hold anything, the fields begin with the third: user and system time are 14 and 15.
            string[] fields = File.ReadAllText(Path.Combine(thread, "stat")).Split(") ")[^1].Split(' ');
            return (double.Parse(fields[11]) + double.Parse(fields[12])) * 1e7;
        });
}
