using Microsoft.Extensions.Logging;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>
/// What some files hold, read again when they change: certificates and passwords are renewed while the aggregator runs. Files that cannot be
/// read any more leave what they held before in force, and a warning in the log.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="load">Reads them; throws <see cref="OperatorException"/> for what is wrong.</param>
internal sealed class Renewed<T>(string[] files, Func<T> load)
    where T : class
{
    /// <summary>Requests within this time do not look again, in milliseconds.</summary>
    private const long Patience = 1000;

    private readonly Lock gate = new();
    private DateTime[] times = Times(files);
    private T current = load();
    private long looked = Environment.TickCount64;

    /// <summary>What the files hold.</summary>
    /// <param name="logger">Hears of changes.</param>
    public T Current(ILogger logger)
    {
        lock (gate)
        {
            long now = Environment.TickCount64;
            if (now - looked >= Patience)
            {
                looked = now;
                Look(logger);
            }

            return current;
        }
    }

    private void Look(ILogger logger)
    {
        DateTime[] found = Times(files);
        if (found.AsSpan().SequenceEqual(times))
            return;
        times = found;
        string names = string.Join(" and ", files);
        try
        {
            current = load();
            logger.LogInformation("read {Files} again", names);
        }
        catch (OperatorException exception)
        {
            logger.LogWarning("{Files} changed, and what they held before stays in force: {Problem}", names, exception.Message);
        }
    }

    /// <summary>A file that is missing has a time as well.</summary>
    private static DateTime[] Times(string[] files) => [.. files.Select(File.GetLastWriteTimeUtc)];
}
