using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OppTel.Host;

/// <summary>The daemon's state as its metrics show it.</summary>
internal static class HostStatus
{
    /// <summary>Reads the samples of a Prometheus text exposition; keys keep their labels.</summary>
    public static SortedDictionary<string, double> Parse(string exposition)
    {
        SortedDictionary<string, double> samples = new(StringComparer.Ordinal);
        foreach (string line in exposition.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int end = line.LastIndexOf(' ');
            if (line[0] != '#' && end > 0 && double.TryParse(line.AsSpan(end), CultureInfo.InvariantCulture, out double value))
                samples[line[..end].Replace("opptel_host_", "", StringComparison.Ordinal)] = value;
        }

        return samples;
    }

    /// <summary>Prints every sample as one JSON object.</summary>
    public static void PrintJson(TextWriter output, SortedDictionary<string, double> samples)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            foreach ((string name, double value) in samples)
                writer.WriteNumber(name, value);
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Prints what a person wants to know first.</summary>
    public static void Print(TextWriter output, SortedDictionary<string, double> samples)
    {
        double Of(string name) => samples.GetValueOrDefault(name);
        (string Label, double Value)[] packets = [.. Labelled(samples, "packets_total").OrderByDescending(packet => packet.Value)];
        (string Label, double Value)[] beacons = [.. Labelled(samples, "beacons_total")];
        output.WriteLine(Headline(Of("lease_seconds") > 0, Of("dpu_up") > 0, Of("catalog_epoch") > 0, beacons.ToDictionary()));
        foreach ((string key, double value) in samples.Where(sample => sample.Key.StartsWith("attached{", StringComparison.Ordinal) && sample.Value > 0))
            Line(output, "interface", string.Join(" by ", Values(key)));
        IEnumerable<string[]> samplers = samples.Keys.Where(key => key.StartsWith("sampler_active{", StringComparison.Ordinal)).Select(Values);
        Line(output, "samplers", string.Join(", ", samplers.Select(sampler => sampler[1].Length == 0 ? sampler[0] : $"no {sampler[0]} ({sampler[1]})")));
        if (samples.Keys.Where(key => key.StartsWith("perf_event_counted{", StringComparison.Ordinal)).Select(Values).ToList() is { Count: > 0 } events)
            Line(output, "events", string.Join("; ", events.GroupBy(one => one[1], one => one[0]).OrderBy(group => group.Key.Length).Select(Events)));
        Line(output, "read", string.Join(", ", Labelled(samples, "sampler_read_interval_seconds").Select(sampler => $"{sampler.Label} each {sampler.Value:0.###} s").DefaultIfEmpty("none")));
        Line(output, "lease", $"{Of("lease_seconds"):0.000} s left; catalog epoch {Of("catalog_epoch"):0} of {Of("entities"):N0} entities");
        Line(output, "boosts", string.Join(", ", Labelled(samples, "boost_interval_seconds")
            .Select(boost => $"{boost.Label} each {boost.Value * 1e6:N0} us for {Of($"boost_remaining_seconds{{metric=\"{boost.Label}\"}}"):0.0} s").DefaultIfEmpty("none")));
        if (samples.Keys.FirstOrDefault(key => key.StartsWith("fallback_mode{", StringComparison.Ordinal)) is { } mode)
            Line(output, "critical", Fallback(Values(mode), samples));
        Line(output, "beacons", Listed(beacons));
        Line(output, "key", KeyText(samples));
        Line(output, "packets", $"{packets.Sum(packet => packet.Value):N0}: {Listed(packets)}");
        Line(output, "trailers", $"{Labelled(samples, "trailers_total").Sum(trailer => trailer.Value):N0} with {Of("values_total"):N0} values in {Of("trailer_bytes_total"):N0} bytes; heartbeats: {Listed(Labelled(samples, "heartbeats_total"))}");
        Line(output, "deadlines", Deadlines(samples));
        Line(output, "programs", Programs(samples));
        Line(output, "trouble", Listed(
        [
            ("control frames not sent", Of("control_send_failures_total")),
            ("kernel events lost", Of("events_lost_total")),
            ("times no slots for an entity", Of("entities_other_total")),
            ("times no memory for a thread", Of("threads_other_total")),
            ("looks too late for a deadline", Of("looks_late_total")),
            ("changes not queued", Of("due_overtaken_total")),
            .. Labelled(samples, "program_misses_total").Select(program => ($"misses of {program.Label}", program.Value)),
        ]));
    }

    /// <summary>The key in use, those that are taken besides, and whether trailers are tagged.</summary>
    private static string KeyText(SortedDictionary<string, double> samples)
    {
        (string Key, double Beacons)[] keys = [.. Labelled(samples, "key_beacons_total")];
        if (keys.Length == 0)
            return "none: anybody on the link can grant a lease";
        string used = string.Join(", ", keys.Select(key => $"{key.Key} {(samples.GetValueOrDefault($"key_signing{{key=\"{key.Key}\"}}") > 0 ? "in use" : "taken as well")} ({key.Beacons:N0} beacons)"));
        return $"{used}; trailers are {(samples.GetValueOrDefault("trailers_tagged") > 0 ? "" : "not ")}tagged";
    }

    /// <summary>How critical metrics leave, since when, why, and what became of their frames.</summary>
    private static string Fallback(string[] mode, SortedDictionary<string, double> samples)
    {
        IEnumerable<string> frames = samples.Where(sample => sample.Key.StartsWith("dedicated_frames_total{", StringComparison.Ordinal) && sample.Value > 0)
            .Select(sample => $"{sample.Value:N0} {Values(sample.Key)[1]} ({Values(sample.Key)[0]})");
        return $"by {mode[0]} for {samples.GetValueOrDefault("fallback_mode_seconds"):N0} s ({mode[1]}); frames: {string.Join(", ", frames.DefaultIfEmpty("none"))}";
    }

    /// <summary>Events that have one reason not to be counted, or none.</summary>
    private static string Events(IGrouping<string, string> group) =>
        group.Key.Length == 0 ? string.Join(", ", group) : $"no {string.Join(", ", group)} ({group.Key})";

    private static string Headline(bool hasLease, bool isHeard, bool isUnderstood, Dictionary<string, double> beacons) =>
        (hasLease, isHeard, isUnderstood, WasHeard: beacons.GetValueOrDefault("accepted") > 0, HasStrangers: beacons.GetValueOrDefault("bad_tag") + beacons.GetValueOrDefault("no_key") > 0) switch
        {
            (true, _, _, _, _) => "appending: a DPU listens",
            (_, true, false, _, _) => "not appending: the DPU does not know the catalog; is its aggregator running, with the same key?",
            (_, true, true, _, _) => "not appending: the DPU grants no lease; is its aggregator running?",
            (_, false, _, true, _) => "not appending: beacons have stopped; is the dataplane running?",
            (_, false, _, _, true) => "not appending: our key has not signed the beacons that come; is key_file the same here and on the DPU?",
            _ => "not appending: no beacon has come; is a dataplane on the other end of the link?",
        };

    /// <summary>Of each class, how many changes left later than it allows.</summary>
    private static string Deadlines(SortedDictionary<string, double> samples)
    {
        IEnumerable<string> classes = samples.Where(sample => sample.Key.StartsWith("deadlines_total{", StringComparison.Ordinal))
            .Select(sample => (Labels: Values(sample.Key), sample.Value)).GroupBy(sample => sample.Labels[0])
            .Select(one => (Name: one.Key, All: one.Sum(sample => sample.Value), Missed: one.Where(sample => sample.Labels[1] == "missed").Sum(sample => sample.Value)))
            .Where(one => one.All > 0).Select(one => $"{one.Missed:N0} of {one.All:N0} {one.Name} missed");
        return string.Join(", ", classes.DefaultIfEmpty("none"));
    }

    private static string Programs(SortedDictionary<string, double> samples)
    {
        Dictionary<string, double> runs = Labelled(samples, "program_runs_total").ToDictionary();
        IEnumerable<string> costs = Labelled(samples, "program_run_seconds_total")
            .Where(program => runs.GetValueOrDefault(program.Label) > 0)
            .Select(program => $"{program.Label} {program.Value / runs[program.Label] * 1e9:0} ns");
        return string.Join(", ", costs.DefaultIfEmpty("run time is counted while kernel.bpf_stats_enabled is 1"));
    }

    /// <summary>The samples of a family with one label.</summary>
    private static IEnumerable<(string Label, double Value)> Labelled(SortedDictionary<string, double> samples, string family) =>
        from sample in samples
        where sample.Key.StartsWith(family + "{", StringComparison.Ordinal)
        select (Values(sample.Key)[0], sample.Value);

    // name{label="value",label="value"}: no value of ours holds a quote.
    private static string[] Values(string key) => [.. key.Split('"').Where((_, index) => index % 2 == 1)];

    private static string Listed(IEnumerable<(string Label, double Value)> parts) =>
        string.Join(", ", parts.Where(part => part.Value > 0).Select(part => $"{part.Value:N0} {part.Label}").DefaultIfEmpty("none"));

    private static void Line(TextWriter output, string title, string text) => output.WriteLine($"  {title,-10}  {text}");
}
