using System.Net.Sockets;
using System.Text;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics;

/// <summary>A script's line becomes a metric of the DPU, under its own name.</summary>
public sealed class StatsdTests
{
    [Fact]
    public void LinesOfScriptsReachTheDpu()
    {
        using Testbed testbed = new(driver: "af_packet");
        string path = testbed["statsd.sock"];
        File.AppendAllText(testbed["host.yaml"], $"statsd: {{ socket: {path}, expire: 2s }}\n");
        testbed.StartAll();
        using Socket script = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        script.Connect(new UnixDomainSocketEndPoint(path));
        script.Send(Encoding.UTF8.GetBytes("backup.files:41|c|#disk:a\nbackup.files:1|c|#disk:a\nbackup.age:2.5|g\nbackup.time:1500|ms"));
        testbed.WaitFor("the counter", () => testbed.DpuMetrics().Sum("backup_files_total", ("disk", "a")) == 42);
        testbed.WaitFor("the gauge", () => testbed.DpuMetrics().Sum("backup_age") == 2.5);
        testbed.WaitFor("the timer", () => testbed.DpuMetrics().Sum("backup_time_seconds_bucket", ("le", "+Inf")) == 1);
        Assert.Equal(4, testbed.HostMetrics().Sum("opptel_host_statsd_lines_total", ("outcome", "taken")));
        // All are given up meanwhile; others find their names known and their slots free.
        Thread.Sleep(TimeSpan.FromSeconds(3));
        script.Send(Encoding.UTF8.GetBytes("backup.files:5|c|#disk:b"));
        testbed.WaitFor("another series", () => testbed.DpuMetrics().Sum("backup_files_total", ("disk", "b")) == 5);
        Assert.Equal(0, testbed.DpuMetrics().Sum("opptel_records_undecodable_total"));
    }
}
