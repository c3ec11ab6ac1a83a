using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OppTel.Configuration;
using OppTel.Host.Producers;
using OppTel.Host.Tests.Bpf;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>The socket itself, whoever comes and whatever stands in its place.</summary>
public sealed partial class ProducerDoorTests : IDisposable
{
    /// <summary>Of sun_path; .NET takes one less.</summary>
    private const int LongestName = 108;

    private const int NotPermitted = 1;
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-door-").FullName;
    private readonly ProducerBed bed = new();

    private string Door => Path.Combine(folder, "door");

    public void Dispose()
    {
        bed.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void WhoseOwnPathIsOfTheGreatestLengthIsServed()
    {
        byte[] own = Encoding.ASCII.GetBytes($"{folder}/".PadRight(LongestName, 'x'));
        using TestProducer far = new(bed.Path, own);
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(far, TestProducer.Hello("long")));
        using TestProducer other = bed.Welcome("other");
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(far, TestProducer.Declare("a_total")));
        Assert.Equal(2, bed.Reader.Producers);
    }

    /// <summary>A message whose descriptor is the last of a socket that lingers would have the daemon wait.</summary>
    [Fact]
    public void WhoSendsADescriptorIsRefusedByTheKernel()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 16), "the kernel has no SO_PASSRIGHTS");
        using TestProducer program = bed.Connect();
        using Socket lingering = Lingering();
        Assert.Equal(NotPermitted, program.SendDescriptor(TestProducer.Hello(), (int)lingering.SafeHandle.DangerousGetHandle()));
        Assert.Equal(ProducerVerdict.Accepted, bed.Ask(program, TestProducer.Hello()));
        Assert.True(program.Descriptor >= 0);
    }

    [Fact]
    public void WhatIsNoSocketStays()
    {
        File.WriteAllText(Door, "precious");
        string link = Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, bed.Path);
        foreach (string path in (string[])[Door, link, folder])
        {
            string message = Assert.Throws<OperatorException>(() => new ProducersReader(bed.Settings with { Socket = path })).Message;
            Assert.Contains(path, message, StringComparison.Ordinal);
            Assert.Contains("producers.socket", message, StringComparison.Ordinal);
            Assert.Contains("no socket", message, StringComparison.Ordinal);
        }

        Assert.Equal("precious", File.ReadAllText(Door));
        Assert.True(File.Exists(link));
    }

    [Fact]
    public async Task AnOwnerWithoutRoomIsNotWaitedFor()
    {
        using Socket owner = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        owner.Bind(new UnixDomainSocketEndPoint(Door));
        owner.Listen(0);
        using Socket first = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        first.Connect(new UnixDomainSocketEndPoint(Door));
        Task start = Task.Run(() => new ProducersReader(bed.Settings with { Socket = Door }), TestContext.Current.CancellationToken);
        OperatorException exception = await Assert.ThrowsAsync<OperatorException>(() => start.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Contains(Door, exception.Message, StringComparison.Ordinal);
        Assert.True(Path.Exists(Door));
    }

    /// <summary>As when the daemon has given up root's rights.</summary>
    [Fact]
    public void WithoutTheRightToRemoveThePathItEndsAllTheSame()
    {
        ProducersReader reader = new(bed.Settings with { Socket = Door });
        using PinnedThread thread = new(cpu: 0);
        thread.Run(() =>
        {
            _ = SetFileUser(65534);
            reader.Dispose();
        });
        Assert.True(Path.Exists(Door));
        // And starts again in place of what it left.
        using ProducersReader again = new(bed.Settings with { Socket = Door });
    }

    private static Socket Lingering()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 10) };
        socket.Connect(listener.LocalEndPoint!);
        return socket;
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileUser(uint user);
}
