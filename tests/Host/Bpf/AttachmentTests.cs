using System.Net;
using System.Net.Sockets;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Tests.Survey;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Getting onto an interface, off it again, and along with others; and what is said when that fails.</summary>
public sealed class AttachmentTests : IDisposable
{
    private readonly KernelFixture kernel = new();
    private readonly NetworkNamespace space = new();

    public void Dispose()
    {
        space.Dispose();
        kernel.Dispose();
    }

    [Theory]
    [InlineData(AttachMode.Tcx)]
    [InlineData(AttachMode.Clsact)]
    public void PacketsAreSeenWhileAttachedAndNothingIsLeftBehind(AttachMode mode)
    {
        using (Inside attachment = Attach(kernel.Egress, mode))
        {
            Assert.Equal(mode, attachment.Mode);
            Assert.Equal(1ul, Seen());
        }

        Assert.Equal(0ul, Seen());
        Assert.DoesNotContain("clsact", space.Command("tc", "qdisc show dev lo"));
    }

    [Fact]
    public void WhereTheKernelHasTcxItIsUsed()
    {
        using Inside attachment = Attach(kernel.Egress, AttachMode.Auto);
        Assert.Equal(AttachMode.Tcx, attachment.Mode);
    }

    /// <summary>A TCX program that passes ends the chain: ours runs before those that were there, and lets them run.</summary>
    [Fact]
    public void OursRunsBeforeAnotherTcxProgramThatEndsTheChain()
    {
        using BpfObject probes = KernelFixture.LoadProbes();
        using Inside other = Attach(probes.Program("probe_pass"), AttachMode.Tcx);
        using Inside ours = Attach(kernel.Egress, AttachMode.Tcx);
        Assert.Equal(1ul, Seen());
    }

    [Theory]
    [InlineData(AttachMode.Tcx)]
    [InlineData(AttachMode.Clsact)]
    public void OthersBehindOursStillRun(AttachMode mode)
    {
        space.Command("tc", "qdisc add dev lo clsact");
        space.Command("tc", $"filter add dev lo egress pref 49999 bpf da obj {KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "probes.bpf.c"))} sec tc");
        using (Attach(kernel.Egress, mode))
            Assert.Equal(1ul, Seen());
        Assert.Contains("probes.bpf.o", space.Command("tc", "filter show dev lo egress"));
    }

    /// <summary>Clsact has a place for each of our programs: neither takes the other for a leftover or for a stranger.</summary>
    [Fact]
    public void ASurveyAndTheDaemonShareClsact()
    {
        using SurveyFixture survey = new();
        using Inside trailers = Attach(kernel.Egress, AttachMode.Clsact);
        using (new Inside(space, space.Get(() => EgressAttachment.Attach(
            survey.Kernel.Program, "lo", TestLibc.InterfaceIndex("lo"), AttachMode.Clsact, EgressPlace.Survey))))
            Assert.Equal(1ul, Seen());
        Assert.Equal(1ul, survey.Reasons().Aggregate((sum, count) => sum + count));
        Assert.Equal(1ul, Seen());
    }

    [Fact]
    public void TheQdiscStaysWhenSomebodyElseMovedIn()
    {
        using (Attach(kernel.Egress, AttachMode.Clsact))
            space.Command("tc", $"filter add dev lo ingress pref 7 bpf da obj {KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "probes.bpf.c"))} sec tc");
        Assert.Contains("probes.bpf.o", space.Command("tc", "filter show dev lo ingress"));
        Assert.DoesNotContain("opptel_egress", space.Command("tc", "filter show dev lo egress"));
    }

    /// <summary>A killed owner detaches nothing: its filter stays, and the next start takes its place.</summary>
    [Fact]
    public void ALeftoverOfOursIsReplaced()
    {
        using KernelFixture killed = new();
        using Inside leftover = Attach(killed.Egress, AttachMode.Clsact);
        using Inside attachment = Attach(kernel.Egress, AttachMode.Clsact);
        Assert.Equal(1ul, Seen());
        Assert.Equal(0ul, killed.Counts().Aggregate((sum, count) => sum + count));
    }

    [Fact]
    public void AStrangersFilterInOurPlaceIsNotTouched()
    {
        space.Command("tc", "qdisc add dev lo clsact");
        space.Command("tc", $"filter add dev lo egress handle 0x4f54 pref {0x4F54} bpf da obj {KernelFixture.Build(Path.Combine("..", "tests", "Host", "Bpf", "probes.bpf.c"))} sec tc");
        BpfException exception = Assert.Throws<BpfException>(() => Attach(kernel.Egress, AttachMode.Clsact));
        Assert.Contains("tc filter del dev lo egress pref 20308", exception.Message);
        Assert.Contains("probes.bpf.o", space.Command("tc", "filter show dev lo egress"));
    }

    [Theory]
    [InlineData(AttachMode.Auto)]
    [InlineData(AttachMode.Tcx)]
    [InlineData(AttachMode.Clsact)]
    public void AMissingInterfaceIsNamed(AttachMode mode)
    {
        BpfException exception = Assert.Throws<BpfException>(() => EgressAttachment.Attach(kernel.Egress, "nowhere0", 0x7FFFFFF0, mode));
        Assert.Contains("nowhere0", exception.Message);
        Assert.Contains("No such device", exception.Message);
    }

    [Fact]
    public void AMissingCapabilityIsNamed() => Unprivileged(() =>
    {
        using BpfObject bpf = BpfObject.Open(KernelFixture.ObjectPath);
        BpfException exception = Assert.Throws<BpfException>(bpf.Load);
        Assert.Equal(ExitCode.NoPermission, exception.ExitCode);
        Assert.Contains("CAP_BPF", exception.Message);
        exception = Assert.Throws<BpfException>(() => EgressAttachment.Attach(kernel.Egress, "lo", 1, AttachMode.Clsact));
        Assert.Contains("CAP_NET_ADMIN", exception.Message);
    });

    [Fact]
    public void AMissingObjectIsNamed()
    {
        BpfException exception = Assert.Throws<BpfException>(() => BpfObject.Open("/nowhere/opptel.bpf.o"));
        Assert.Contains("/nowhere/opptel.bpf.o", exception.Message);
    }

    [Fact]
    public void AnObjectThatIsNoneIsNamed()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "no object");
        BpfException exception = Assert.Throws<BpfException>(() => BpfObject.Open(file));
        Assert.Contains(file, exception.Message);
        File.Delete(file);
    }

    [Fact]
    public void ARejectedProgramIsNamedWithTheVerifiersLastWords()
    {
        BpfException exception = Assert.Throws<BpfException>(() => KernelFixture.LoadProbes("rejected.bpf.c"));
        Assert.Contains("probe_rejected", exception.Message);
        Assert.Contains("invalid access to packet", exception.Message);
    }

    [Fact]
    public void WhatTheObjectLacksIsNamed()
    {
        Assert.Contains("no map opptel_nothing", Assert.Throws<BpfException>(() => kernel.Object.Map("opptel_nothing")).Message);
        Assert.Contains("no program opptel_nothing", Assert.Throws<BpfException>(() => kernel.Object.Program("opptel_nothing")).Message);
        Assert.Contains("opptel_slots has values of 32 bytes", Assert.Throws<BpfException>(() => kernel.Object.Map("opptel_slots").MapInto<ulong>()).Message);
    }

    /// <summary>A tag that the device inserts is not in the frame here, but it will be where the trailer is stripped.</summary>
    [Theory]
    [InlineData(0, EgressReason.Stamped)]
    [InlineData(1, EgressReason.Stamped)]
    [InlineData(2, EgressReason.UnknownEthertype)]
    public void ATagThatTheDeviceInsertsCounts(int tags, EgressReason expected)
    {
        using NetworkNamespace peer = new();
        NetworkNamespace.Connect(space, peer);
        using BpfObject probes = KernelFixture.LoadProbes();
        using Inside ours = Attach(kernel.Egress, AttachMode.Tcx, "wire");
        using Inside tagger = Attach(probes.Program("probe_tag"), AttachMode.Tcx, "wire");
        using PacketSocket socket = space.Get(() => new PacketSocket("wire"));
        kernel.Publish(8, [.. new ulong[64]]);
        ulong before = kernel.Count(expected);
        socket.Send(Frames.Vlan(Frames.Ipv4Udp(50), [.. Enumerable.Repeat((ushort)0x8100, tags)]));
        Assert.True(kernel.Count(expected) > before);
    }

    private Inside Attach(BpfProgram program, AttachMode mode, string device = "lo") =>
        new(space, space.Get(() => EgressAttachment.Attach(program, device, TestLibc.InterfaceIndex(device), mode)));

    /// <summary>Packets that the program counts when one is sent.</summary>
    private ulong Seen()
    {
        ulong before = kernel.Counts().Aggregate((sum, count) => sum + count);
        using Socket socket = space.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using Socket receiver = space.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 7000));
        socket.SendTo([1], new IPEndPoint(IPAddress.Loopback, 7000));
        return kernel.Counts().Aggregate((sum, count) => sum + count) - before;
    }

    private static void Unprivileged(Action action)
    {
        using PinnedThread thread = new(cpu: 0);
        thread.Run(() =>
        {
            TestLibc.DropCapabilities();
            action();
        });
    }

    /// <summary>An attachment that is undone where it was made: an interface's number means something else elsewhere.</summary>
    private sealed class Inside(NetworkNamespace space, EgressAttachment attachment) : IDisposable
    {
        public AttachMode Mode => attachment.Mode;

        public void Dispose() => space.Run(attachment.Dispose);
    }
}
