namespace OppTel.Triggers.Actions;

/// <summary>Writes the recorder's history to files.</summary>
public interface IHistoryDump
{
    /// <summary>Writes what all series of a host were worth in a time.</summary>
    /// <param name="host">The host.</param>
    /// <param name="name">What the file is to be called after.</param>
    /// <param name="from">The DPU's clock, in nanoseconds.</param>
    /// <param name="to">The same.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="TriggerActionException">It could not be written.</exception>
    Task<string> Write(string host, string name, ulong from, ulong to, CancellationToken cancellation);
}
