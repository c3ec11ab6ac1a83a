using System.Diagnostics;
using OppTel.Segment;

namespace OppTel.Benchmarks.Scrapes;

/// <summary>What scraping does to the packets of a dataplane, and what it costs.</summary>
internal static class ScrapeRounds
{
    private const int ScrapesOfFormat = 7;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Measures pairs of rounds, one with a scrape each second and one without, by turns first.</summary>
    /// <param name="segment">Path of the dataplane's segment.</param>
    /// <param name="metrics">Address of the aggregator's page.</param>
    /// <param name="processId">The aggregator.</param>
    /// <param name="series">Series that the page has to have before it begins.</param>
    /// <param name="rounds">Pairs.</param>
    /// <param name="seconds">Of each round.</param>
    /// <returns>What is written as JSON.</returns>
    /// <exception cref="TimeoutException">The series do not come.</exception>
    public static object Run(string segment, Uri metrics, int processId, int series, int rounds, int seconds)
    {
        using SharedSegment shared = SharedSegment.Attach(segment);
        using Page page = new(metrics, processId);
        WaitFor(() => page.CountSeries(LoadCapture.Host) >= series);
        foreach ((string, string, bool) format in Page.Formats)
            page.Scrape(format);
        List<double> without = [], with = [];
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isScraped in (bool[])[round % 2 != 0, round % 2 == 0])
                (isScraped ? with : without).Add(PacketsPerSecond(shared, isScraped ? page : null, seconds));
        }

        return new
        {
            series = page.CountSeries(LoadCapture.Host),
            rounds,
            seconds,
            packets_per_second = new { without_scrapes = Spread(without), with_scrapes = Spread(with) },
            with_to_without = Spread([.. with.Zip(without, (left, right) => left / right)]),
            formats = Page.Formats.Select(format => Cost(page, format)).ToArray(),
        };
    }

    private static double PacketsPerSecond(SharedSegment segment, Page? page, int seconds)
    {
        ulong before = Packets(segment);
        Stopwatch watch = Stopwatch.StartNew();
        for (int second = 0; second < seconds; second++)
        {
            page?.Scrape(Page.Formats[second % Page.Formats.Count]);
            TimeSpan rest = (Period * (second + 1)) - watch.Elapsed;
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
        }

        return (Packets(segment) - before) / watch.Elapsed.TotalSeconds;
    }

    private static ulong Packets(SharedSegment segment)
    {
        ulong packets = 0;
        for (int worker = 0; worker < segment.Workers; worker++)
        {
            for (int port = 0; port < segment.Ports; port++)
                packets += Volatile.Read(ref segment.PortCounters(worker, port)[(int)PortCounter.RxPackets]);
        }

        return packets;
    }

    private static object Cost(Page page, (string Name, string Accept, bool IsCompressed) format)
    {
        (double Milliseconds, double Cpu, long Bytes)[] scrapes = [.. Enumerable.Range(0, ScrapesOfFormat).Select(_ => page.Scrape(format))];
        return new
        {
            name = format.Name,
            milliseconds = Spread([.. scrapes.Select(scrape => scrape.Milliseconds)]),
            cpu_milliseconds = Spread([.. scrapes.Select(scrape => scrape.Cpu)]),
            bytes = scrapes[^1].Bytes,
        };
    }

    private static object Spread(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new { median = sorted[sorted.Length / 2], least = sorted[0], most = sorted[^1] };
    }

    private static void WaitFor(Func<bool> isSo)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !isSo(); Thread.Sleep(100))
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(60))
                throw new TimeoutException("the page does not get its series within a minute");
        }
    }
}
