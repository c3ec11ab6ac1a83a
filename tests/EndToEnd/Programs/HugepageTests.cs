using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Programs;

/// <summary>The dataplane in hugepages takes what it needs and gives it back.</summary>
public sealed class HugepageTests : IDisposable
{
    private const string Pages = "/sys/kernel/mm/hugepages/hugepages-2048kB";
    private const int Needed = 96;
    private readonly long before = Read("nr_hugepages");

    public HugepageTests() => File.WriteAllText($"{Pages}/nr_hugepages", $"{before + Needed}");

    public void Dispose() => File.WriteAllText($"{Pages}/nr_hugepages", $"{before}");

    [Fact]
    public void TheyAreUsedAndGivenBack()
    {
        long free = Read("free_hugepages");
        Assert.True(free >= Needed, $"the kernel found only {free} of {Needed} hugepages; free memory");
        using Testbed testbed = new();
        string configuration = File.ReadAllText(testbed["dataplane.yaml"]);
        File.WriteAllText(testbed["dataplane.yaml"], configuration + "hugepages: required\n");
        (RunningProgram dataplane, _, _) = testbed.StartAll();
        Assert.True(Read("free_hugepages") < free, "none was taken");
        Assert.Contains(" 0% packet loss", testbed.Run("network", "ping", "-c", "20", "-i", "0.01", Testbed.HostAddress).Expect(), StringComparison.Ordinal);
        dataplane.Terminate();
        // The kernel lets go of the pages that AF_XDP pinned some time after the socket.
        Poll.Until("the return of the pages", () => Read("free_hugepages") == free);
        Assert.Equal("", Command.Run("findmnt", "-rn", "-t", "hugetlbfs", "-o", "TARGET").Output);
    }

    private static long Read(string file) => long.Parse(File.ReadAllText($"{Pages}/{file}"), CultureInfo.InvariantCulture);
}
