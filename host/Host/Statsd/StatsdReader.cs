using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using OppTel.Bpf;
using OppTel.Catalog;
using OppTel.Configuration;
using OppTel.Host.Samplers;

namespace OppTel.Host.Statsd;

/// <summary>
/// Takes StatsD lines from a Unix datagram socket: each series has slots of its own, and what is refused is counted by its reason. The
/// kernel keeps only ten datagrams and has senders wait: a thread of its own fetches them, and the daemon takes what it has.
/// </summary>
internal sealed class StatsdReader : ISlotReader
{
    // What waits for the daemon's thread; what it takes at once.
    private const int MostWaiting = 65536, MostAtOnce = 4096;
    private const int MostBytes = 65536;
    private const int StopMilliseconds = 100;
    private const int MostTags = 8, LongestTag = 128;
    private const double NanosecondsPerMillisecond = 1e6, ThousandthsPerUnit = 1e3;
    private readonly StatsdSettings settings;
    private readonly StatsdFamilies families;
    private readonly SlotBudget budget;
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = StopMilliseconds };
    private readonly ConcurrentQueue<string> waiting = new();
    private readonly Thread thread;
    private ulong overflows;
    private bool stop;
    private SocketError failure;
    private readonly Dictionary<string, Series> series = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ulong> outcomes = new(StringComparer.Ordinal) { ["taken"] = 0 };

    /// <summary>Binds the socket, in place of one that nobody holds any more.</summary>
    /// <exception cref="OperatorException">The path cannot be had.</exception>
    public StatsdReader(StatsdSettings settings)
    {
        this.settings = settings;
        families = new StatsdFamilies(settings.Families);
        budget = new SlotBudget(settings.Slots);
        UnixDoor.Bind(socket, settings.Socket, settings.Mode, "statsd.socket");
        thread = new Thread(Fetch) { Name = "statsd", IsBackground = true };
        thread.Start();
    }

    public TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Lines by what became of them.</summary>
    public IReadOnlyDictionary<string, ulong> Outcomes => outcomes;

    /// <inheritdoc/>
    public void Read(ISlotStore store)
    {
        ulong now = Native.Boottime;
        for (int taken = 0; taken < MostAtOnce && waiting.TryDequeue(out string? line); taken++)
            Count(Take(line, store, now) ?? "taken");
        if (Volatile.Read(ref overflows) is var lost and > 0)
            outcomes["overflow"] = lost;
        foreach ((string key, Series old) in series.Where(entry => now - entry.Value.WrittenAt > (ulong)settings.Expire.Ticks * 100).ToList())
        {
            series.Remove(key);
            store.Withdraw(old.FirstSlot);
            budget.Give(old.Slots);
        }

        if (failure != SocketError.Success)
            throw new IOException($"{settings.Socket}: {failure}");
    }

    public void Dispose()
    {
        Volatile.Write(ref stop, true);
        thread.Join();
        socket.Dispose();
        UnixDoor.Remove(settings.Socket);
    }

    private void Fetch()
    {
        byte[] buffer = new byte[MostBytes];
        while (!Volatile.Read(ref stop))
        {
            int length = socket.Receive(buffer, 0, MostBytes, SocketFlags.None, out SocketError error);
            failure = error is SocketError.TimedOut or SocketError.WouldBlock ? SocketError.Success : error;
            if (error != SocketError.Success)
                continue;
            foreach (string line in Encoding.UTF8.GetString(buffer, 0, length).Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (waiting.Count < MostWaiting)
                    waiting.Enqueue(line);
                else
                    Interlocked.Increment(ref overflows);
            }
        }
    }

    /// <summary>Why a line is refused; null when it is taken.</summary>
    private string? Take(string text, ISlotStore store, ulong now)
    {
        if (StatsdLine.TryParse(text, out StatsdLine? line) is { } reason)
            return reason;
        if (families.Find(line!, store, out Metric? metric) is { } refused)
            return refused;
        if (Labels(line!) is not { } labels)
            return "bad_tags";
        string key = $"{metric!.Name}{string.Concat(labels.Select(label => $"\n{label.Key}={label.Value}"))}";
        if (!series.TryGetValue(key, out Series? one))
        {
            if (!budget.TryTake(metric.Slots))
                return "too_many_series";
            if (store.Declare(metric, labels) is not { } firstSlot)
            {
                budget.Give(metric.Slots);
                return "too_many_series";
            }

            series[key] = one = new Series(firstSlot, metric.Slots);
        }

        one.WrittenAt = now;
        Write(line!, one, store);
        return null;
    }

    private static void Write(StatsdLine line, Series one, ISlotStore store)
    {
        switch (line.Type)
        {
            case StatsdType.Counter:
                // Fractions add up.
                one.Sum += line.Value / line.Rate;
                store.Store(one.FirstSlot, [(ulong)one.Sum]);
                break;
            case StatsdType.Gauge:
                one.Sum = line.IsChange ? one.Sum + line.Value : line.Value;
                store.Store(one.FirstSlot, [BitConverter.DoubleToUInt64Bits(one.Sum) >> 16]);
                break;
            default:
                double raw = line.Value * (line.Type == StatsdType.Timer ? NanosecondsPerMillisecond : ThousandthsPerUnit);
                int bucket = HistogramBucket.Of(raw >= ulong.MaxValue ? ulong.MaxValue : (ulong)raw);
                store.Add(one.FirstSlot + (uint)bucket, [(ulong)Math.Round(1 / line.Rate)]);
                break;
        }
    }

    /// <summary>Null when there are too many, they are too long together, or there is one that no label can be.</summary>
    private static SortedDictionary<string, string>? Labels(StatsdLine line)
    {
        SortedDictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach ((string name, string value) in line.Tags)
        {
            if (name.Length is 0 or > LongestTag || value.Length > LongestTag || labels.Count == MostTags)
                return null;
            string label = StatsdFamilies.Spell(name);
            if (DeclaredFamilies.IsReservedLabel(label) || !labels.TryAdd(label, value))
                return null;
        }

        return SeriesLabels.Fit(labels) ? labels : null;
    }

    private void Count(string outcome) => outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;

    /// <summary>One name with one set of tags.</summary>
    private sealed class Series(uint firstSlot, int slots)
    {
        public uint FirstSlot => firstSlot;

        public int Slots => slots;

        public double Sum { get; set; }

        public ulong WrittenAt { get; set; }
    }
}
