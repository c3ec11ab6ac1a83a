using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>Why a record could not be turned into a value; names in snake case are label values. Append only.</summary>
public enum UndecodableReason
{
    /// <summary>The trailer's epoch is not complete here, or too old.</summary>
    UnknownEpoch = 0,

    /// <summary>The slot carried nothing in that epoch, or its series was refused.</summary>
    UnknownSlot = 1,

    /// <summary>The bytes are not a trailer.</summary>
    Malformed = 2,

    /// <summary>The trailer is authentic and came before; counts trailers.</summary>
    Replayed = 3,

    /// <summary>The trailer's time is impossibly far ahead of all others; counts trailers.</summary>
    AbsurdTime = 4,
}

/// <summary>Everything that is known of one host: streams, clock, catalog, ages. Used by one thread; counters are read by any.</summary>
public sealed class HostReceiver
{
    /// <summary>Begins the label of a host that has not said its name; host names contain no colon.</summary>
    public const string UnnamedPrefix = "port:";

    /// <summary>Number of <see cref="UndecodableReason"/> values.</summary>
    public const int UndecodableReasons = 5;

    private readonly ulong[] undecodable = new ulong[UndecodableReasons];
    private readonly TakenRecord[] taken = new TakenRecord[byte.MaxValue * 2];
    private readonly ulong[] recordsBy = new ulong[Transports.Count];
    private readonly IReadOnlyList<IRecordSink> sinks;
    private readonly string portName;
    private StreamCounts[] streamCounts = [];
    private readonly TrailerGate gate = new();
    private readonly HostClock clock = new();
    private HostProgress progress;
    private (ulong Received, ulong Lost, ulong Duplicate) dedicatedBefore;
    private ulong instance;
    private ulong trailers;
    private ulong records;
    private ulong heartbeats;
    private int takenCount;
    private bool takesAuthentic;

    internal HostReceiver(string portName, SeriesTable table, CatalogLimits limits, Func<string, ulong, HostIdentity?> claimName)
    {
        this.portName = portName;
        sinks = table.Sinks;
        Catalog = new HostCatalog(table, limits, claimName);
    }

    /// <summary>Random number of the host's sender; 0 before its first control frame.</summary>
    public ulong Instance
    {
        get => Volatile.Read(ref instance);
        private set => Volatile.Write(ref instance, value);
    }

    /// <summary>Counts the hosts of a receiver in the order of their appearance; wraps.</summary>
    public ushort Number { get; init; }

    /// <summary>What its slots mean.</summary>
    public HostCatalog Catalog { get; }

    /// <summary>Loss of its streams.</summary>
    public StreamTracker Streams { get; } = new();

    /// <summary>Dedicated frames that came through a dataplane.</summary>
    public DedicatedWindow Dedicated { get; private set; } = new();

    /// <summary>Dedicated trailers that came in datagrams; null when none ever did.</summary>
    internal DedicatedWindow? Datagrams { get; set; }

    /// <summary>Dedicated frames and datagrams of all its processes, for any thread.</summary>
    public (ulong Received, ulong Lost, ulong Duplicate) DedicatedFrames
    {
        get
        {
            DedicatedWindow frames = Dedicated;
            DedicatedWindow? datagrams = Datagrams;
            return (
                dedicatedBefore.Received + frames.Received + (datagrams?.Received ?? 0),
                dedicatedBefore.Lost + frames.Lost + (datagrams?.Lost ?? 0),
                dedicatedBefore.Duplicate + frames.Duplicate + (datagrams?.Duplicate ?? 0));
        }
    }

    /// <summary>Totals of its streams as of the last <see cref="Receiver.Publish"/>.</summary>
    public IReadOnlyList<StreamCounts> StreamCounts => Volatile.Read(ref streamCounts);

    /// <summary>Age of its records on arrival.</summary>
    public RecordAges Ages { get; } = new();

    /// <summary>Value of the label <c>host</c>: its name, or the port that it is behind.</summary>
    public string Name => Catalog.Host?.Name ?? UnnamedPrefix + portName;

    /// <summary>Trailers that arrived.</summary>
    public ulong Trailers => Volatile.Read(ref trailers);

    /// <summary>Trailers on heartbeat frames.</summary>
    public ulong Heartbeats => Volatile.Read(ref heartbeats);

    /// <summary>Records that arrived.</summary>
    public ulong Records => Volatile.Read(ref records);

    /// <summary>Records that arrived in one way.</summary>
    public ulong RecordsBy(Transport transport) => Volatile.Read(ref recordsBy[(int)transport]);

    /// <summary>The DPU's clock minus the host's, in nanoseconds, by which its records have their place in time; 0 when they share one.</summary>
    public long ClockOffset => clock.SteadyOffset;

    /// <summary>What the DPU's clock gains on the host's, as a share; 0 when they share one.</summary>
    public double ClockDrift => clock.Drift;

    /// <summary>The DPU's clock when the last trailer or control frame arrived, in nanoseconds.</summary>
    public ulong LastArrival { get; private set; }

    /// <summary>Records, or whole trailers when malformed, that gave no value.</summary>
    public ulong Undecodable(UndecodableReason reason) => Volatile.Read(ref undecodable[(int)reason]);

    /// <summary>Takes one trailer. Allocates nothing, except for a stream that is seen for the first time.</summary>
    /// <param name="trailer">Exactly its bytes.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    /// <param name="isAuthentic">Whether its tag was verified: then it counts once, whatever is sent again.</param>
    public void Take(ReadOnlySpan<byte> trailer, ulong arrival, bool isAuthentic = false)
    {
        if (Trailer.CheckFooter(trailer, trailer.Length, out int length) != StripReason.Stripped || length != trailer.Length)
        {
            undecodable[(int)UndecodableReason.Malformed]++;
            return;
        }

        TrailerReader reader = new(trailer);
        Footer footer = reader.Footer;
        trailers++;
        bool isHeartbeat = (footer.Flags & TrailerFlags.Heartbeat) != 0;
        if (isHeartbeat)
            heartbeats++;
        Transport transport = isHeartbeat ? Transport.Heartbeat : Transport.Piggyback;
        Count(footer, transport);
        if (!TryAdmit(footer, arrival, isAuthentic, out long stamp, out bool isNew))
            return;
        Streams.Observe(footer);
        Touch(arrival);
        takesAuthentic = isAuthentic;
        if (isNew)
            TakeRecords(reader, transport, stamp, arrival);
    }

    /// <summary>Takes the payload of a dedicated frame that is new and authentic. Allocates nothing.</summary>
    /// <param name="trailer">Exactly its bytes.</param>
    /// <param name="window">What is known of its stream on its way.</param>
    /// <param name="arrival">The DPU's clock, in nanoseconds.</param>
    internal void TakeDedicated(ReadOnlySpan<byte> trailer, DedicatedWindow window, ulong arrival)
    {
        if (Trailer.CheckFooter(trailer, trailer.Length, out int length) != StripReason.Stripped || length != trailer.Length
            || !Trailer.IsNeutral(trailer) || Footer.Read(trailer).Stream != DedicatedArrivals.Stream)
        {
            undecodable[(int)UndecodableReason.Malformed]++;
            return;
        }

        TrailerReader reader = new(trailer);
        window.Observe(reader.Footer.Sequence);
        Count(reader.Footer, Transport.Dedicated);
        if (!TryAdmit(reader.Footer, arrival, isAuthentic: false, out long stamp, out _))
            return;
        Touch(arrival);
        takesAuthentic = false;
        TakeRecords(reader, Transport.Dedicated, stamp, arrival);
    }

    private void Count(in Footer footer, Transport transport)
    {
        ulong count = (ulong)(footer.Values + footer.Samples);
        records += count;
        recordsBy[(int)transport] += count;
    }

    private void TakeRecords(in TrailerReader reader, Transport transport, long stamp, ulong arrival)
    {
        Footer footer = reader.Footer;
        if (!Catalog.IsComplete(footer.Epoch))
        {
            undecodable[(int)UndecodableReason.UnknownEpoch] += (ulong)(footer.Values + footer.Samples);
            return;
        }

        takenCount = 0;
        TakeSamples(reader, stamp, arrival, transport);
        TakeValues(reader, stamp, arrival, transport);
        Tell(new TakenTrailer(this, footer.Stream, stamp, clock.SteadyOffset, arrival, transport));
    }

    /// <summary>False for a trailer that says nothing: it is counted, and changes nothing else.</summary>
    private bool TryAdmit(in Footer footer, ulong arrival, bool isAuthentic, out long stamp, out bool isNew)
    {
        stamp = clock.Unwrap(footer.Time, arrival);
        bool isPlausible = progress.TryAdvance(stamp, arrival);
        TrailerVerdict verdict = isPlausible && isAuthentic ? gate.Judge(footer, stamp) : TrailerVerdict.New;
        isNew = verdict == TrailerVerdict.New;
        if (isPlausible && verdict != TrailerVerdict.Replayed)
        {
            clock.Observe(stamp, arrival);
            return true;
        }

        undecodable[(int)(isPlausible ? UndecodableReason.Replayed : UndecodableReason.AbsurdTime)]++;
        return false;
    }

    /// <summary>Takes a catalog frame of the current sender.</summary>
    internal CatalogOutcome TakeCatalog(ReadOnlySpan<byte> payload, ulong now)
    {
        CatalogOutcome outcome = Catalog.Take(payload, now);
        Touch(now);
        return outcome;
    }

    /// <summary>Notes that the host is alive.</summary>
    internal void Touch(ulong arrival)
    {
        LastArrival = arrival;
        if (Catalog.Host is { } host)
            host.LastArrival = arrival;
    }

    internal void PublishStreams() =>
        Volatile.Write(ref streamCounts, [.. Enumerable.Range(0, Streams.Count).Select(Streams.Total)]);

    /// <summary>Begins anew with another sender.</summary>
    internal void Restart(ulong instance, ulong now)
    {
        // The first sender's trailers may be here before its first control frame: they are its own.
        if (Instance != 0)
        {
            Streams.Restart();
            gate.Restart();
            progress.Restart();
            dedicatedBefore = DedicatedFrames;
            (Dedicated, Datagrams) = (new DedicatedWindow(), null);
            clock.Restart();
            Catalog.Restart(now);
        }

        Instance = instance;
    }

    private void Update(Series series, ulong raw, bool isSample, long read, ulong arrival, Transport transport)
    {
        // What is authentic and new is no older than what came before: only its order is another one.
        series.Update(raw, isSample, read, arrival, takesAuthentic ? 0 : progress.SetBack, transport);
        taken[takenCount++] = new TakenRecord(series, raw, read, isSample);
    }

    private void Tell(in TakenTrailer trailer)
    {
        if (takenCount == 0)
            return;
        for (int index = 0; index < sinks.Count; index++)
            sinks[index].Take(trailer, taken.AsSpan(0, takenCount));
    }

    private void TakeSamples(in TrailerReader reader, long stamp, ulong arrival, Transport transport)
    {
        for (int index = 0; index < reader.Footer.Samples; index++)
        {
            SampleRecord sample = reader.Sample(index);
            long read = stamp - sample.AgeNanoseconds;
            Ages.Add(clock.Age(read, arrival), 1, reader.Footer.Stream, reader.Footer.Sequence, arrival);
            if (Catalog.Find(sample.Slot, reader.Footer.Epoch) is { } series)
                Update(series, sample.Raw, isSample: true, read, arrival, transport);
            else
                undecodable[(int)UndecodableReason.UnknownSlot]++;
        }
    }

    private void TakeValues(in TrailerReader reader, long stamp, ulong arrival, Transport transport)
    {
        Ages.Add(clock.Age(stamp, arrival), reader.Footer.Values, reader.Footer.Stream, reader.Footer.Sequence, arrival);
        for (int index = 0; index < reader.Footer.Values; index++)
        {
            ValueRecord value = reader.Value(index);
            if (Catalog.Find(value.Slot, reader.Footer.Epoch) is { } series)
                Update(series, value.Raw, isSample: false, stamp, arrival, transport);
            else
                undecodable[(int)UndecodableReason.UnknownSlot]++;
        }
    }
}
