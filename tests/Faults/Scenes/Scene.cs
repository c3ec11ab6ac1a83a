using System.Security.Cryptography;
using OppTel.EndToEnd.Tests.Testbeds;
using OppTel.EndToEnd.Tests.Testbeds.Links;
using OppTel.Faults.Tests.Traffic;

namespace OppTel.Faults.Tests.Scenes;

/// <summary>A testbed with the three programs, real clients on both sides of a faulty link, and values that the test knows.</summary>
public abstract class Scene : IDisposable
{
    /// <summary>When a change has to be seen, whatever the fault was: the bound of its class, twice, and the test's own looks.</summary>
    private static readonly TimeSpan AgeBound = TimeSpan.FromSeconds(1);

    private const int Looks = 5, FileBytes = 1_000_000;

    private readonly KnownValues known;
    private readonly BulkTransfer bulk;
    private readonly DatagramStream fromHost, fromNetwork;
    private readonly string file;

    /// <summary>Trailers that the link passed on, and that a dataplane lost which was killed: so many fewer received, so many more lost.</summary>
    private TrailerTotals behindTheLink;

    private protected Scene(string driver, params IReadOnlyList<string> variables)
    {
        Testbed = new Testbed(driver, faultyLink: true) { Variables = variables };
        known = new KnownValues(Testbed);
        (Dataplane, Aggregator, Host) = Testbed.StartAll();
        ResolveForGood();
        byte[] content = new byte[FileBytes];
        new Random(2).NextBytes(content);
        file = Testbed[Path.Combine("www", "download")];
        File.WriteAllBytes(file, content);
        _ = Testbed.Start("host", "nginx", "-c", Testbed["nginx.conf"], "-p", Testbed[""]);
        bulk = new BulkTransfer(Testbed.Host, Testbed.HostAddress, Testbed.Network);
        fromHost = new DatagramStream(Testbed.Host, Testbed.Network, Testbed.NetworkAddress);
        fromNetwork = new DatagramStream(Testbed.Network, Testbed.Host, Testbed.HostAddress);
        try
        {
            ExpectRecovery();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal Testbed Testbed { get; }

    internal FaultyLink Link => Testbed.Link;

    internal RunningProgram Dataplane { get; set; }

    internal RunningProgram Aggregator { get; set; }

    internal RunningProgram Host { get; set; }

    /// <summary>Datagrams that the host has sent.</summary>
    internal long SentFromHost => fromHost.Sent;

    /// <summary>Datagrams of the host that never arrived.</summary>
    internal long LostFromHost => fromHost.Sent - fromHost.Arrived;

    /// <summary>Datagrams for the host that never arrived.</summary>
    internal long LostFromNetwork => fromNetwork.Sent - fromNetwork.Arrived;

    /// <summary>Datagrams of both that arrived twice.</summary>
    internal long Duplicates => fromHost.Duplicates + fromNetwork.Duplicates;

    /// <summary>Nothing is wrong any more: everything goes on, byte by byte, and the DPU shows the truth as soon as it did before.</summary>
    internal void ExpectRecovery()
    {
        TimeSpan[] looks = [.. Enumerable.Range(0, Looks).Select(_ => known.Look()).Order()];
        long before = bulk.Received;
        Testbed.WaitFor("bulk data both ways", () =>
        {
            AssertUnharmed();
            return bulk.Received > before + 100_000;
        });
        known.ExpectTruth();
        Console.WriteLine($"    changes are seen after {string.Join(", ", looks.Select(look => $"{look.TotalMilliseconds:F0}"))} ms");
        Assert.True(looks[Looks / 2] < AgeBound, $"changes are seen after {string.Join(", ", looks.Select(look => $"{look.TotalMilliseconds:F0} ms"))}");
        Download();
        AssertUnharmed();
        Assert.Equal(0u, Link.Missed);
    }

    /// <summary>No client saw a byte that was not sent, and no connection broke.</summary>
    internal void AssertUnharmed()
    {
        bulk.AssertGoesOn();
        fromHost.AssertGoesOn();
        fromNetwork.AssertGoesOn();
    }

    /// <summary>The aggregator's counters are what follows from the trailers that left the link.</summary>
    internal void ExpectCounted()
    {
        TrailerTotals expected = default, counted = default;
        Quietly(() => Poll.Until(
            "agreement on trailers",
            () =>
            {
                expected = Link.ToDpu.Trailers.Expected();
                counted = Audit.Read(Testbed).Totals;
                return counted == expected + behindTheLink;
            },
            () => $"by the link {expected}, behind it {behindTheLink}, by the aggregator {counted}\n{Testbed.Logs()}"));
        Console.WriteLine($"    {expected}");
    }

    /// <summary>The aggregator knows of every number between the first and the last one that left the link: it arrived, or it is lost.</summary>
    internal void ExpectAccounted()
    {
        TrailerTotals expected = default, counted = default;
        Quietly(() => Poll.Until(
            "every trailer accounted for",
            () =>
            {
                expected = Link.ToDpu.Trailers.Expected();
                counted = Audit.Read(Testbed).Totals;
                return new Audit(counted).Span == new Audit(expected).Span;
            },
            () => $"by the link {expected}, by the aggregator {counted}\n{Testbed.Logs()}"));
        long more = counted.Lost - expected.Lost;
        Assert.True(more >= behindTheLink.Lost, $"lost {counted.Lost}, of these by the link {expected.Lost}");
        behindTheLink = new TrailerTotals(-more, more, 0, 0);
    }

    /// <summary>
    /// Tells both ends the other's address: a corrupted answer to a question for it has no checksum that would tell. An interface that goes
    /// down forgets it.
    /// </summary>
    internal void ResolveForGood()
    {
        foreach ((string role, string other, string address) in new[] { ("host", "network", Testbed.NetworkAddress), ("network", "host", Testbed.HostAddress) })
        {
            string mac = Testbed.Run(other, "cat", "/sys/class/net/eth0/address").Expect().Trim();
            Testbed.Run(role, "ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent").Expect();
        }
    }

    /// <summary>The aggregator is gone, and another one will count from nothing.</summary>
    internal void ForgetTrailers()
    {
        Link.ToDpu.Trailers.BeginReceiver();
        behindTheLink = default;
    }

    /// <summary>The datagrams in flight have arrived, or will never.</summary>
    internal void Quietly(Action check)
    {
        fromHost.Pause();
        fromNetwork.Pause();
        Thread.Sleep(100);
        check();
        fromHost.Resume();
        fromNetwork.Resume();
    }

    public void Dispose()
    {
        fromHost.Dispose();
        fromNetwork.Dispose();
        bulk.Dispose();
        known.Dispose();
        Testbed.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Download()
    {
        string copy = Testbed["downloaded"];
        Testbed.Run("network", "curl", "-sSf", "--max-time", "30", "--retry", "3", "--retry-connrefused", "-o", copy, $"http://{Testbed.HostAddress}/download").Expect();
        Assert.Equal(Hash(file), Hash(copy));
    }

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}

/// <summary>Over packet sockets.</summary>
public sealed class AfPacketScene() : Scene("af_packet");

/// <summary>Over AF_XDP sockets.</summary>
public sealed class AfXdpScene() : Scene("af_xdp");
