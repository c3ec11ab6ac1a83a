namespace OppTel.Recorder.Dumps;

/// <summary>A dump that is kept.</summary>
/// <param name="Name">Of its file, which begins with the time when it was begun.</param>
/// <param name="Time">When it was finished, UTC.</param>
/// <param name="Bytes">Its length.</param>
public sealed record DumpFile(string Name, DateTime Time, long Bytes);
