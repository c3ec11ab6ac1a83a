using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OppTel.Dataplane.Tests;

/// <summary>Host, DPU and network as namespaces: host port - dpu0, dpu1 - network port, joined by veth.</summary>
internal sealed partial class VethBed : IDisposable
{
    private const int NewNetworkNamespace = 0x40000000;
    private const int PacketLevel = 263;
    private const int IgnoreOutgoing = 23;

    private readonly string prefix = $"opptel-dp-{Environment.ProcessId}-";
    private readonly int mtu;
    private readonly byte[] buffer = new byte[65536];

    /// <summary>Makes the bed.</summary>
    /// <param name="mtu">Of every interface.</param>
    public VethBed(int mtu = 1500)
    {
        this.mtu = mtu;
        foreach (string name in new[] { "host", "dpu", "net" })
            Run("ip", "netns", "add", prefix + name);
        Join("host", "h0", "dpu0");
        Join("net", "n0", "dpu1");
        Host = Open("host", "h0");
        Network = Open("net", "n0");
    }

    /// <summary>Raw socket on the host's port.</summary>
    public Socket Host { get; }

    /// <summary>Raw socket on the network's port.</summary>
    public Socket Network { get; }

    /// <summary>Namespace in which the dataplane runs.</summary>
    public string Dpu => prefix + "dpu";

    /// <summary>Puts an interface of the DPU up or down.</summary>
    public void SetLink(string device, string state) => Run("ip", "-n", Dpu, "link", "set", device, state);

    /// <summary>Changes an interface of the DPU as ip link set does.</summary>
    public void SetMtu(string device, int bytes) => Run("ip", "-n", Dpu, "link", "set", device, "mtu", $"{bytes}");

    /// <summary>Switches the kernel's merging of received packets on.</summary>
    public void Merge(string device) => Run("ip", "netns", "exec", Dpu, "ethtool", "-K", device, "gro", "on");

    /// <summary>Whether a program is attached to the XDP hook of an interface of the DPU.</summary>
    public bool HasXdp(string device) => Run("ip", "-n", Dpu, "link", "show", device).Contains("xdp", StringComparison.Ordinal);

    /// <summary>Takes frames off a socket until <paramref name="count"/> came that <paramref name="wanted"/> accepts, or nothing more comes.</summary>
    public List<byte[]> Receive(Socket socket, int count, Predicate<byte[]> wanted)
    {
        List<byte[]> frames = [];
        while (frames.Count < count && socket.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead))
        {
            byte[] frame = buffer[..socket.Receive(buffer)];
            if (wanted(frame))
                frames.Add(frame);
        }

        return frames;
    }

    public void Dispose()
    {
        Host.Dispose();
        Network.Dispose();
        foreach (string name in new[] { "host", "dpu", "net" })
            Run("ip", "netns", "del", prefix + name);
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    private void Join(string name, string outer, string inner)
    {
        Run("ip", "link", "add", outer, "netns", prefix + name, "type", "veth", "peer", "name", inner, "netns", Dpu);
        foreach ((string space, string device) in new[] { (prefix + name, outer), (Dpu, inner) })
        {
            // The kernel's own chatter would count as traffic.
            Run("ip", "netns", "exec", space, "sysctl", "-qw", $"net.ipv6.conf.{device}.disable_ipv6=1");
            Run("ip", "-n", space, "link", "set", device, "mtu", $"{mtu}", "up");
        }
    }

    /// <summary>A socket belongs to the namespace in which its thread is when it is made.</summary>
    private Socket Open(string name, string device)
    {
        Socket? socket = null;
        Thread thread = new(() =>
        {
            using SafeFileHandle space = File.OpenHandle($"/run/netns/{prefix}{name}");
            if (SetNamespace(space, NewNetworkNamespace) != 0)
                return;
            const int AllProtocols = 0x0300;
            socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)AllProtocols) { ReceiveBufferSize = 8 << 20 };
            socket.SetRawSocketOption(PacketLevel, IgnoreOutgoing, [1, 0, 0, 0]);
            socket.Bind(new PacketAddress(InterfaceIndex(device)));
        });
        thread.Start();
        thread.Join();
        Assert.NotNull(socket);
        return socket;
    }

    [LibraryImport("libc", EntryPoint = "setns")]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint InterfaceIndex(string name);

    /// <summary>struct sockaddr_ll.</summary>
    private sealed class PacketAddress(uint device) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            SocketAddress address = new(AddressFamily.Packet, 20);
            address[2] = 0;
            address[3] = 3;
            for (int index = 0; index < 4; index++)
                address[4 + index] = (byte)(device >> (8 * index));
            return address;
        }
    }
}
