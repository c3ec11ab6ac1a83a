using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>Takes records out of a BPF ring buffer.</summary>
/// <typeparam name="T">Layout of every record.</typeparam>
public sealed unsafe class EventRing<T> : IDisposable
    where T : unmanaged
{
    private readonly EventSink sink;
    private GCHandle pin;
    private nint handle;

    /// <summary>Opens a loaded ring buffer map.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public EventRing(BpfMap map, Action<T> handler)
    {
        ArgumentNullException.ThrowIfNull(map);
        sink = new EventSink(bytes => handler(MemoryMarshal.Read<T>(bytes)), Unsafe.SizeOf<T>());
        pin = GCHandle.Alloc(sink);
        handle = LibBpf.RingBufferNew(map.Fd, &EventSink.Receive, GCHandle.ToIntPtr(pin), 0);
        if (handle == 0)
            throw BpfException.For($"cannot open the ring buffer {map.Name}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Handles everything that waits; returns how many records.</summary>
    public int Consume()
    {
        int result = LibBpf.RingBufferConsume(handle);
        if (sink.Failure is { } failure)
        {
            sink.Failure = null;
            throw new InvalidOperationException("a handler of kernel events failed", failure);
        }

        return result >= 0 ? result : throw BpfException.For("cannot read kernel events", -result);
    }

    /// <summary>Closes the ring.</summary>
    public void Dispose()
    {
        if (handle == 0)
            return;
        LibBpf.RingBufferFree(handle);
        handle = 0;
        pin.Free();
    }
}

/// <summary>The unmanaged callback's way back to the handler: no exception may cross libbpf's frames.</summary>
internal sealed unsafe class EventSink(EventSink.Handler handler, int size)
{
    internal delegate void Handler(ReadOnlySpan<byte> record);

    internal Exception? Failure { get; set; }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int Receive(nint context, byte* data, nuint length)
    {
        EventSink sink = (EventSink)GCHandle.FromIntPtr(context).Target!;
        sink.Handle(new ReadOnlySpan<byte>(data, (int)length));
        return 0;
    }

    private void Handle(ReadOnlySpan<byte> record)
    {
        try
        {
            if (record.Length < size)
                throw new BpfException($"a kernel event has {record.Length} bytes where {size} belong");
            handler(record);
        }
#pragma warning disable CA1031 // Kept for Consume, which throws it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure ??= exception;
        }
    }
}
