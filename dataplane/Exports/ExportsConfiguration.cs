using OppTel.Configuration;
using OppTel.Exports.Int;
using OppTel.Exports.Otlp;
using OppTel.Exports.Push;
using OppTel.Exports.RemoteWrite;

namespace OppTel.Exports;

/// <summary>Where to push to; nowhere by default.</summary>
public sealed record ExportsConfiguration
{
    internal IReadOnlyList<OtlpConfiguration> Otlp { get; init; } = [];

    internal IReadOnlyList<RemoteWriteConfiguration> RemoteWrite { get; init; } = [];

    internal IReadOnlyList<TelemetryReportConfiguration> TelemetryReport { get; init; } = [];

    /// <summary>Reads the keys <c>otlp</c>, <c>remote_write</c> and <c>telemetry_report</c> of the file's root.</summary>
    public static ExportsConfiguration Read(ConfigurationSection root) => new()
    {
        Otlp = ReadAll(root, "otlp", OtlpConfiguration.Read, target => target.Http.Name),
        RemoteWrite = ReadAll(root, "remote_write", RemoteWriteConfiguration.Read, target => target.Http.Name),
        TelemetryReport = ReadAll(root, "telemetry_report", TelemetryReportConfiguration.Read, target => $"{target.Collector}"),
    };

    /// <summary>Reads every file that a target needs.</summary>
    /// <exception cref="OperatorException">One of them cannot be read, or is not what it should be.</exception>
    public void CheckFiles()
    {
        foreach (HttpSettings http in Otlp.Select(target => target.Http).Concat(RemoteWrite.Select(target => target.Http)))
        {
            HttpConnection.CreateHandler(http).Dispose();
            HttpConnection.CheckSecrets(http);
        }
    }

    /// <summary>Two targets of one name could not be told apart in metrics, and get everything twice.</summary>
    private static T[] ReadAll<T>(ConfigurationSection root, string key, Func<ConfigurationSection, T> read, Func<T, string> name)
    {
        List<T> targets = [];
        foreach (ConfigurationSection section in root.Sections(key))
        {
            T target = read(section);
            if (targets.Exists(other => name(other) == name(target)))
                root.Report(key, $"there are two targets {name(target)}; leave one out");
            targets.Add(target);
        }

        // Empty arrays are all the same one, and so configurations without targets are equal.
        return targets.Count == 0 ? [] : [.. targets];
    }
}
