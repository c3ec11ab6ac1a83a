using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using OppTel.Client;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>
/// What fills every slot that a host has: scripts' gauges, programs' counters, and as many processes as there are blocks left for.
/// </summary>
internal sealed partial class FullCatalog : IDisposable
{
    private const int Slots = 65536, StatsdSlots = 16384, CellsOfAProducer = 16384, Families = 16, LinesAtOnce = 64;

    private readonly Testbed testbed;
    private readonly Meter[] meters = [new("FullCatalog.0"), new("FullCatalog.1")];
    private readonly MetricsProducer[] producers;
    private readonly List<Counter<long>[]> counters = [];
    private readonly long[] totals = new long[2 * CellsOfAProducer];
    private readonly long[] levels = new long[StatsdSlots];

    /// <param name="testbed">Nothing has been started yet.</param>
    public FullCatalog(Testbed testbed)
    {
        this.testbed = testbed;
        string path = testbed["host.yaml"], own = File.ReadAllText(path);
        // As many processes as fit: the daemon itself says how many slots too many there would be.
        const int Most = 14000;
        File.WriteAllText(path, own + Configure(Most));
        CommandResult refused = testbed.Run("host", Repository.Program("opptel-host"), "run", "--config", path);
        Match told = TooMany().Match(refused.Errors);
        Assert.True(told.Success, refused.Errors);
        int each = int.Parse(told.Groups["each"].Value, CultureInfo.InvariantCulture), wanted = int.Parse(told.Groups["wanted"].Value, CultureInfo.InvariantCulture);
        SlotsOfAProcess = each;
        Processes = Most - ((wanted - Slots + each - 1) / each);
        File.WriteAllText(path, own + Configure(Processes));
        File.AppendAllText(testbed["aggregator.yaml"], $"max_series: {2 * Slots}\nmax_series_per_metric: {Slots}\n");
        producers = [.. meters.Select((meter, index) => new MetricsProducer(new ProducerOptions
        {
            Meters = [meter.Name], Socket = testbed["producers.sock"], Name = $"full{index}", Cells = CellsOfAProducer, ObserveInterval = TimeSpan.FromMilliseconds(100),
        }))];
        foreach (Meter meter in meters)
            counters.Add([.. Enumerable.Range(0, Families).Select(family => meter.CreateCounter<long>($"full.counter{family}"))]);
    }

    /// <summary>Processes that get slots of their own.</summary>
    public int Processes { get; }

    /// <summary>Slots of each of them.</summary>
    public int SlotsOfAProcess { get; }

    /// <summary>Starts as many processes as there are blocks for, and some: those that find none are counted as others.</summary>
    public RunningProgram StartProcesses() => testbed.Start(
        "host", "perl", "-e", $"for (1..{Processes}) {{ my $child = fork; defined $child or die; if (!$child) {{ sleep 600; exit }} }} sleep 600");

    /// <summary>Changes every counter and every gauge.</summary>
    public void Change(Random random)
    {
        for (int index = 0; index < totals.Length; index++)
        {
            int added = 1 + random.Next(1000), cell = index % CellsOfAProducer;
            totals[index] += added;
            counters[index / CellsOfAProducer][cell % Families].Add(added, new KeyValuePair<string, object?>("cell", cell));
        }

        using Socket script = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        script.Connect(new UnixDomainSocketEndPoint(testbed["statsd.sock"]));
        foreach (int[] cells in Enumerable.Range(0, StatsdSlots).Chunk(LinesAtOnce))
        {
            Array.ForEach(cells, cell => levels[cell] = random.Next());
            _ = script.Send(Encoding.ASCII.GetBytes(string.Join('\n', cells.Select(cell => $"full.level{cell % Families}:{levels[cell]}|g|#cell:{cell}"))));
        }
    }

    /// <summary>How many of the values that the page shows are wrong or not there. A producer's last cell is for what finds none.</summary>
    public int CountWrong(Exposition page)
    {
        Dictionary<(string, string), double> shown = [];
        foreach ((string name, IReadOnlyDictionary<string, string> labels, double value) in page.With("host", "testbed"))
        {
            if (labels.TryGetValue("cell", out string? cell))
                shown[(labels.GetValueOrDefault("producer", "") + name, cell)] = value;
        }

        int wrong = 0;
        for (int index = 0; index < totals.Length; index++)
        {
            if (index % CellsOfAProducer == CellsOfAProducer - 1)
                wrong += page.Sum($"full_counter{(CellsOfAProducer - 1) % Families}_total", ("producer", $"full{index / CellsOfAProducer}"), ("otel_metric_overflow", "true")) == totals[index] ? 0 : 1;
            else
                wrong += Is($"full{index / CellsOfAProducer}full_counter{index % CellsOfAProducer % Families}_total", index % CellsOfAProducer, totals[index]) ? 0 : 1;
        }

        for (int cell = 0; cell < levels.Length; cell++)
            wrong += Is($"full_level{cell % Families}", cell, levels[cell]) ? 0 : 1;
        return wrong;

        bool Is(string name, int cell, double value) => shown.TryGetValue((name, cell.ToString(CultureInfo.InvariantCulture)), out double found) && found == value;
    }

    public void Dispose()
    {
        Array.ForEach(producers, producer => producer.Dispose());
        Array.ForEach(meters, meter => meter.Dispose());
    }

    private string Configure(int processes) =>
        $$"""
        limits: { processes: {{processes}}, cgroups: 1, interfaces: 1, disks: 1 }
        samplers: { scheduler: true, cpu: false, memory: false, disk: false, tcp: false, tcp_rtt: false, cgroup_network: false, cgroup_memory: false, tcp_listen: false, softnet: false, interfaces: false, gpu: false, transport: false }
        statsd: { socket: {{testbed["statsd.sock"]}}, metrics: 2048, slots: {{StatsdSlots}} }
        producers: { socket: {{testbed["producers.sock"]}}, producers: 2, cells: {{CellsOfAProducer}}, slots: {{2 * CellsOfAProducer}}, metrics: 4096 }

        """;

    [GeneratedRegex("limits: (?<wanted>[0-9]+) slots would be needed, there are 65536: (?<each>[0-9]+) for each process")]
    private static partial Regex TooMany();
}
