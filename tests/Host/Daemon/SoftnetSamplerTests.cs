using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OppTel.Bpf;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;

namespace OppTel.Host.Tests.Daemon;

/// <summary>What the softnet sampler makes of its file: the kernel's under load, and files that say what no machine does on demand.</summary>
public sealed class SoftnetSamplerTests : IDisposable
{
    private const int Slots = 4, Datagrams = 2000;
    private static readonly int[] Columns = [0, 1, 2, 11];
    private readonly RecordingStore store = new();
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    /// <summary>Each value lies between what the file said before the reading and after it.</summary>
    [Fact]
    public void CountersOfTheKernelUnderLoad()
    {
        using ISlotReader reader = SoftnetSampler.Definition.OpenReader!(KernelFixture.Plan);
        reader.Read(store);
        ulong before = Sum();
        using NetworkNamespace network = new();
        using Socket receiver = network.Get(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        for (int sent = 0; sent < Datagrams; sent++)
            receiver.SendTo([1], receiver.LocalEndPoint!);
        Dictionary<uint, ulong[]> early = Kernel();
        reader.Read(store);
        Dictionary<uint, ulong[]> late = Kernel();
        Assert.True(Sum() - before >= Datagrams);
        foreach ((uint cpu, ulong[] least) in early)
        {
            for (int column = 0; column < 3; column++)
                Assert.InRange((uint)Value(cpu, column), least[column], late[cpu][column]);
        }
    }

    [Fact]
    public void CountersOf32BitsGoOnAndACpuThatIsGoneKeepsItsValues()
    {
        using SoftnetSampler.Reader reader = new(file, 100, 3);
        Say((0, 0xFFFFFFF0, 7, 0xFFFFFFFF, 5), (2, 1, 2, 3, 4));
        reader.Read(store);
        Assert.Equal([0xFFFFFFF0, 7, 0xFFFFFFFF, 5, 0, 0, 0, 0, 1, 2, 3, 4], Enumerable.Range(100, 12).Select(slot => store[(uint)slot]));
        Say((0, 0x10, 7, 0, 2));
        reader.Read(store);
        Assert.Equal([0x100000010, 7, 0x100000000, 2, 0, 0, 0, 0, 1, 2, 3, 4], Enumerable.Range(100, 12).Select(slot => store[(uint)slot]));
    }

    [Theory]
    [InlineData("00000001 00000002\n", "has no column 13")]
    [InlineData("zzzzzzzz 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001\n", "has no column 1;")]
    [InlineData("00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000009\n", "a line of CPU 9")]
    public void WhatIsNoSuchFileIsSaid(string text, string message)
    {
        using SoftnetSampler.Reader reader = new(file, 0, 3);
        File.WriteAllText(file, text);
        Assert.Contains(message, Assert.Throws<IOException>(() => reader.Read(store)).Message, StringComparison.Ordinal);
    }

    private void Say(params (uint Cpu, uint Processed, uint Dropped, uint Squeezed, uint Backlog)[] lines) => File.WriteAllText(
        file,
        string.Concat(lines.Select(line => $"{line.Processed:x8} {line.Dropped:x8} {line.Squeezed:x8} {string.Concat(Enumerable.Repeat("00000000 ", 8))}{line.Backlog:x8} {line.Cpu:x8} 00000000 00000000\n")));

    private static Dictionary<uint, ulong[]> Kernel() => File.ReadLines("/proc/net/softnet_stat")
        .Select(line => line.Split(' ').Select(text => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray())
        .ToDictionary(numbers => (uint)numbers[12], numbers => Columns.Select(column => numbers[column]).ToArray());

    private ulong Value(uint cpu, int column) => store[KernelFixture.Plan.Variables[SoftnetSampler.Variable] + (cpu * Slots) + (uint)column];

    private ulong Sum() => Enumerable.Range(0, BpfObject.PossibleCpus).Aggregate(0ul, (sum, cpu) => sum + Value((uint)cpu, 0));
}
