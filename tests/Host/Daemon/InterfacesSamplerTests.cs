using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>What the sampler makes of /proc/net/dev, beside what netlink says of the same interfaces, and of files of the test's own.</summary>
public sealed class InterfacesSamplerTests : IDisposable
{
    private const int Slots = 8;
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    /// <summary>Datagrams both ways, and frames that nobody wants: each value lies between what netlink says before and after.</summary>
    [Fact]
    public void CountersAgreeWithNetlink()
    {
        const int datagrams = 3000, unwanted = 50;
        using NetworkNamespace host = new(), network = new();
        NetworkNamespace.Connect(host, network);
        RecordingStore store = new();
        using ISlotReader reader = host.Get(() => InterfacesSampler.Definition.OpenReader!(KernelFixture.Plan));
        reader.Read(store);
        using Socket here = host.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using Socket there = network.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        here.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.1"), 7000));
        there.Bind(new IPEndPoint(IPAddress.Parse("10.77.0.2"), 7000));
        for (int sent = 0; sent < datagrams; sent++)
        {
            here.SendTo(new byte[sent % 1400], there.LocalEndPoint!);
            there.SendTo(new byte[100], here.LocalEndPoint!);
        }

        network.Run(() =>
        {
            int socket = TestLibc.OpenPacketSocket("wire", offload: false);
            for (int sent = 0; sent < unwanted; sent++)
                TestLibc.Send(socket, Frames.Ethernet(0x1234, new byte[100]));
            TestLibc.CloseDescriptor(socket);
        });
        ulong[] early = Netlink(host);
        reader.Read(store);
        ulong[] late = Netlink(host);
        Assert.Equal(["lo", "wire"], store.Owners.Keys.Order());
        ulong[] read = Values(store, store.Owners["wire"] + KernelFixture.Plan.Variables[InterfacesSampler.Variable]);
        for (int index = 0; index < Slots; index++)
            Assert.InRange(read[index], early[index], late[index]);
        Assert.True(read[2] >= datagrams && read[3] >= datagrams + unwanted && read[7] >= unwanted, string.Join(' ', read));
    }

    [Fact]
    public void InterfacesComeGoAndComeAgain()
    {
        RecordingStore store = new();
        using InterfacesSampler.Reader reader = new(file, 1);
        Say(("lo", 10), ("a", 1000));
        reader.Read(store);
        Assert.Equal(Numbers(1000), Values(store, store.Owners["a"] + 1));
        Say(("lo", 10), ("a", 1007), ("b", 5));
        reader.Read(store);
        Assert.Equal(Numbers(1000).Select(number => number + 7), Values(store, store.Owners["a"] + 1));
        Say(("lo", 10), ("b", 5));
        reader.Read(store);
        Assert.Equal(["b", "lo"], store.Owners.Keys.Order());
        // Gone and there again between two readings: the counters have begun anew.
        Say(("lo", 10), ("a", 3), ("b", 2));
        reader.Read(store);
        Assert.Equal(Numbers(3), Values(store, store.Owners["a"] + 1));
        Assert.Equal(Numbers(5).Zip(Numbers(2), (first, second) => first + second), Values(store, store.Owners["b"] + 1));
    }

    /// <summary>Whatever has no block of its own adds up in "other", also when it goes.</summary>
    [Fact]
    public void TotalsStayRightWhereThereAreMoreThanBlocks()
    {
        RecordingStore store = new(blocks: 2);
        using InterfacesSampler.Reader reader = new(file, 0);
        Say(("lo", 1), ("a", 2), ("b", 10), ("c", 20));
        reader.Read(store);
        Say(("lo", 1), ("a", 2), ("c", 25));
        reader.Read(store);
        Say(("lo", 1), ("a", 2), ("c", 25), ("d", 40));
        reader.Read(store);
        Assert.Equal(["a", "lo"], store.Owners.Keys.Order());
        ulong[] expected = [.. Numbers(10).Zip(Numbers(25), (first, second) => first + second).Zip(Numbers(40), (first, second) => first + second)];
        Assert.Equal(expected, Values(store, RecordingStore.Other));
    }

    [Theory]
    [InlineData("  a: 1 2 3\n", "has no column 4 for a")]
    [InlineData("  a: 1 2 3 4 5 6 7 8 9 x 11 12\n", "has no column 10 for a")]
    public void WhatIsNoSuchFileIsSaid(string text, string message)
    {
        File.WriteAllText(file, text);
        using InterfacesSampler.Reader reader = new(file, 0);
        Assert.Contains(message, Assert.Throws<IOException>(() => reader.Read(new RecordingStore())).Message, StringComparison.Ordinal);
    }

    /// <summary>The file as the kernel writes it, in which every column of an interface has another number.</summary>
    private void Say(params (string Name, ulong Base)[] interfaces) => File.WriteAllText(
        file,
        "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop\n"
        + string.Concat(interfaces.Select(one => $"{one.Name,6}: {string.Join(' ', Enumerable.Range(0, 16).Select(column => $"{one.Base + ((ulong)column * 100),7}"))}\n")));

    /// <summary>The numbers of such an interface in the order of the slots: sent and received bytes, packets, errors, drops.</summary>
    private static ulong[] Numbers(ulong first) => [.. ((ulong[])[8, 0, 9, 1, 10, 2, 11, 3]).Select(column => first + (column * 100))];

    private static ulong[] Values(RecordingStore store, uint first) => [.. Enumerable.Range(0, Slots).Select(slot => store[first + (uint)slot])];

    private static ulong[] Netlink(NetworkNamespace side)
    {
        using JsonDocument document = JsonDocument.Parse(side.Command("ip", "-s -j link show dev wire"));
        JsonElement counters = document.RootElement[0].GetProperty("stats64");
        return [.. from name in (string[])["bytes", "packets", "errors", "dropped"]
                   from direction in (string[])["tx", "rx"]
                   select counters.GetProperty(direction).GetProperty(name).GetUInt64()];
    }
}
