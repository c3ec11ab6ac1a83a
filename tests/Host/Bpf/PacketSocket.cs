namespace OppTel.Host.Tests.Bpf;

/// <summary>Sends and receives whole Ethernet frames on an interface of the calling thread's namespace.</summary>
internal sealed class PacketSocket : IDisposable
{
    private readonly int socket;
    private readonly byte[] buffer = new byte[65536];

    /// <summary>Opens a socket; with <paramref name="offload"/> every sent frame is preceded by a virtio header.</summary>
    public PacketSocket(string interfaceName, bool offload = false) => socket = TestLibc.OpenPacketSocket(interfaceName, offload);

    public void Send(ReadOnlySpan<byte> frame) => TestLibc.Send(socket, frame);

    /// <summary>Takes frames that wait until there is none, without those that this side sent.</summary>
    public IEnumerable<byte[]> Receive()
    {
        while (true)
        {
            int length = TestLibc.Receive(socket, buffer);
            if (length < 0)
                yield break;
            yield return buffer[..length];
        }
    }

    public void Dispose() => TestLibc.CloseDescriptor(socket);
}
