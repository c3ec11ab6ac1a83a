using Microsoft.Extensions.Logging;
using OppTel.Segment;
using OppTel.Telemetry.Distributions;
using OppTel.Telemetry.Entities;

namespace OppTel.Aggregator.Draining;

/// <summary>The thread that sorts into distributions what the drain thread queued for it, and looks at the series once a second.</summary>
internal sealed class FoldLoop : IDisposable
{
    /// <summary>How long observations may wait while there are few of them.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    private const ulong LookNanoseconds = 1_000_000_000;

    private readonly DistributionSet distributions;
    private readonly EntityTally tally;
    private readonly ILogger logger;
    private readonly Action<Exception> failed;
    private readonly ManualResetEventSlim stopping = new();
    private readonly Thread thread;

    /// <summary>Prepares the thread.</summary>
    /// <param name="distributions">What it sorts into.</param>
    /// <param name="tally">What looks at the series.</param>
    /// <param name="logger">For the few events of its life.</param>
    /// <param name="failed">Called when the thread ends by an exception.</param>
    public FoldLoop(DistributionSet distributions, EntityTally tally, ILogger<FoldLoop> logger, Action<Exception> failed)
    {
        this.distributions = distributions;
        this.tally = tally;
        this.logger = logger;
        this.failed = failed;
        thread = new Thread(Run) { Name = "fold" };
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => thread.Start();

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        stopping.Set();
        if (thread.IsAlive)
            thread.Join();
        stopping.Dispose();
    }

    private void Run()
    {
        try
        {
            ulong nextLook = 0;
            while (distributions.Fold() > 0 ? !stopping.IsSet : !stopping.Wait(Rest))
            {
                ulong now = Boottime.Now;
                if (now < nextLook)
                    continue;
                nextLook = now + LookNanoseconds;
                tally.Look(now);
            }
        }
        catch (Exception exception)
        {
            logger.LogCritical(exception, "the thread of the distributions failed");
            failed(exception);
        }
    }
}
