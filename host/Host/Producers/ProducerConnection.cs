using System.Runtime.InteropServices;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>
/// A connection of a program, which has said hello when it has a producer. It never waits for the program; on kernels before 6.16 a
/// message that carries the last descriptor of a socket that lingers makes the kernel wait.
/// </summary>
/// <param name="fd">A connected socket that does not block; taken over.</param>
/// <param name="now">CLOCK_BOOTTIME ns.</param>
internal sealed unsafe class ProducerConnection(int fd, ulong now) : IDisposable
{
    private const int TryAgain = 11;

    /// <summary>The process at the other end, as the kernel says.</summary>
    public int Process { get; } = Native.PeerProcess(fd);

    /// <summary>CLOCK_BOOTTIME ns of its beginning.</summary>
    public ulong Since => now;

    /// <summary>Null before the hello.</summary>
    public Producer? Producer { get; set; }

    /// <summary>For poll.</summary>
    public int Fd => fd;

    /// <summary>Receives a message.</summary>
    /// <param name="buffer">Longer than any message.</param>
    /// <param name="length">Its length; 0 when none waits.</param>
    /// <returns>False when the other end is gone.</returns>
    public bool TryReceive(Span<byte> buffer, out int length)
    {
        fixed (byte* start = buffer)
            length = (int)Native.Receive(fd, start, (nuint)buffer.Length, 0);
        if (length > 0)
            return true;
        bool isWaiting = length < 0 && Marshal.GetLastPInvokeError() == TryAgain;
        length = 0;
        return isWaiting;
    }

    /// <summary>Answers; false when the answer finds no room, or nobody.</summary>
    public bool TryAnswer(in ProducerAnswer answer, int descriptor = -1) =>
        Native.SendWithDescriptor(fd, MemoryMarshal.AsBytes(new ReadOnlySpan<ProducerAnswer>(in answer)), descriptor) > 0;

    public void Dispose()
    {
        _ = Native.Close(fd);
        Producer?.Dispose();
    }
}
