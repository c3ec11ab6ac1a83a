using System.Diagnostics.Metrics;
using System.Net.Sockets;

namespace OppTel.Client;

/// <summary>
/// Brings the instruments of chosen meters to OppTel. A measurement is a store or an atomic addition, without a system call and, once
/// its series exists, without an allocation. Without a daemon the values wait; one that comes, or comes again, gets the totals.
/// </summary>
public sealed class MetricsProducer : IDisposable
{
    private readonly ProducerOptions options;
    private readonly Cells cells;
    private readonly SeriesBook book;
    private readonly DaemonLink link;
    private readonly MeterListener listener = new();
    private readonly object gate = new();
    private readonly Thread thread;
    private volatile bool isStopping;
    private bool hasNews;
    private ProducerState state;
    private int declared;
    private string? observeProblem;

    /// <summary>Begins to listen; a daemon that is not there yet is looked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No cells are wanted.</exception>
    public MetricsProducer(ProducerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Cells);
        this.options = options;
        cells = new Cells(options.Cells);
        book = new SeriesBook(cells);
        link = new DaemonLink(options.Socket, options.Name);
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (options.Meters.Any(pattern => Matches(pattern, instrument.Meter.Name)) && InstrumentShape.Of(instrument, options.HistogramScales) is { } shape)
                self.EnableMeasurementEvents(instrument, new InstrumentSeries(shape, book, Wake));
        };
        listener.SetMeasurementEventCallback<byte>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record((long)value, tags));
        listener.SetMeasurementEventCallback<short>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record((long)value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record((long)value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record(value, tags));
        listener.SetMeasurementEventCallback<float>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record((double)value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record(value, tags));
        listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, to) => ((InstrumentSeries)to!).Record((double)value, tags));
        listener.Start();
        thread = new Thread(Work) { Name = "opptel", IsBackground = true };
        thread.Start();
    }

    /// <summary>How it fares, as of the last look.</summary>
    public ProducerState State
    {
        get
        {
            lock (gate)
                return state with { Series = book.Count, Overflows = book.Overflows };
        }
    }

    /// <summary>Ends all series.</summary>
    public void Dispose()
    {
        if (isStopping)
            return;
        isStopping = true;
        listener.Dispose();
        Wake();
        thread.Join();
        link.Dispose();
        cells.Abandon();
    }

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;

    private void Wake()
    {
        lock (gate)
        {
            hasNews = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Looks after the daemon, declares what is new, and asks observable instruments.</summary>
    private void Work()
    {
        for (long due = 0; !isStopping;)
        {
            bool isDue = Environment.TickCount64 >= due;
            if (isDue)
            {
                due = Environment.TickCount64 + (long)options.ObserveInterval.TotalMilliseconds;
                Observe();
            }

            try
            {
                if (isDue)
                    Connect();
                Declare();
            }
            catch (SocketException exception)
            {
                link.Lose(exception.Message);
            }

            lock (gate)
            {
                state = new ProducerState(link.IsConnected, 0, 0, link.Refused, link.Problem ?? observeProblem);
                if (!hasNews && !isStopping)
                    Monitor.Wait(gate, (int)Math.Max(1, due - Environment.TickCount64));
                hasNews = false;
            }
        }
    }

    /// <summary>What an application's callback throws is its own; the others are asked all the same.</summary>
    private void Observe()
    {
        try
        {
            listener.RecordObservableInstruments();
            observeProblem = null;
        }
        catch (AggregateException exception)
        {
            observeProblem = $"an observable instrument: {exception.InnerException?.Message}";
        }
    }

    private void Connect()
    {
        if (link.IsAlive())
        {
            link.DeclarePostponed();
            return;
        }

        int descriptor = link.Connect(cells.Count);
        if (descriptor < 0)
            return;
        declared = 0;
        if (!cells.TryMoveTo(descriptor))
            link.Dispose();
    }

    private void Declare()
    {
        if (!link.IsConnected)
            return;
        IReadOnlyList<Series> pending = book.From(declared);
        if (pending.Count > 0 && link.Declare(pending))
            declared += pending.Count;
    }
}
