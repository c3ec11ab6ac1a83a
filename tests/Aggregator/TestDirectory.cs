namespace OppTel.Aggregator.Tests;

/// <summary>A directory of its own, removed at the end.</summary>
internal sealed class TestDirectory : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("opptel-agg-").FullName;

    public string File(string name) => Path.Combine(path, name);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
