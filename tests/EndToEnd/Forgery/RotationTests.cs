using OppTel.EndToEnd.Tests.Lease;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Forgery;

/// <summary>The operator's procedure, step by step, with the real programs: not a trailer is refused, and no control frame.</summary>
public sealed class RotationTests
{
    [Fact]
    public void AKeyIsRotatedWithoutAGap()
    {
        using Testbed testbed = new();
        string hostKey = testbed["host.key"], dpuKey = testbed["key"];
        File.Copy(dpuKey, hostKey);
        Edit(testbed["host.yaml"], $"key_file: {dpuKey}", $"key_file: {hostKey}");
        Edit(testbed["dataplane.yaml"], "name: pair0", "name: pair0\n    require_tags: true");
        testbed.StartAll();
        using SteadySender sender = new(testbed);
        string old = testbed.Key.Signing.Fingerprint;
        testbed.WaitFor("tagged trailers", () => testbed.HostMetrics().Sum("opptel_host_trailers_tagged") == 1 && UsedAtHost(testbed, old));
        double rejected = Rejected(testbed);

        Keygen("--add", dpuKey);
        File.Copy(dpuKey, hostKey, overwrite: true);
        string next = OppTel.Configuration.ControlKeyFile.Read(dpuKey)[1].Fingerprint;
        testbed.WaitFor("both keys at the host", () => testbed.HostMetrics().Text.Contains(next, StringComparison.Ordinal));
        testbed.WaitFor("both keys at the aggregator", () => testbed.DpuMetrics().Text.Contains(next, StringComparison.Ordinal));
        Keygen("--promote", dpuKey);
        testbed.WaitFor("the new key in use", () => UsedAtHost(testbed, next));
        string status = testbed.Run("host", Repository.Program("opptel-host"), "status", "--config", testbed["host.yaml"]).Expect();
        Assert.Contains($"{next} in use", status, StringComparison.Ordinal);
        Keygen("--drop", dpuKey);
        File.Copy(dpuKey, hostKey, overwrite: true);
        testbed.WaitFor("the old key gone", () =>
            !testbed.HostMetrics().Text.Contains(old, StringComparison.Ordinal) && !testbed.DpuMetrics().Text.Contains(old, StringComparison.Ordinal));

        double records = testbed.DpuMetrics().Sum("opptel_records_total");
        testbed.WaitFor("records", () => testbed.DpuMetrics().Sum("opptel_records_total") > records + 1000);
        Assert.Equal(rejected, Rejected(testbed));
        Assert.Equal(0, testbed.DpuMetrics().Sum("opptel_aggregator_control_frames_total", ("outcome", "bad_tag")));
        Assert.Equal(0, testbed.HostMetrics().Sum("opptel_host_beacons_total", ("verdict", "bad_tag")));
    }

    private static void Edit(string file, string from, string to)
    {
        string text = File.ReadAllText(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    private static void Keygen(string step, string file) => Command.Run(Repository.Program("opptel-host"), "keygen", step, file).Expect();

    private static bool UsedAtHost(Testbed testbed, string fingerprint) =>
        testbed.HostMetrics().Sum("opptel_host_key_signing", ("key", fingerprint)) == 1;

    private static double Rejected(Testbed testbed) => testbed.DpuMetrics().Sum("opptel_dataplane_rejected_total", ("reason", "bad_tag"));
}
