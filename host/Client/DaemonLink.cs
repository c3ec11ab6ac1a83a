using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using OppTel.Producers;

namespace OppTel.Client;

/// <summary>The connection with the daemon. It waits for answers, so it is for a thread of its own.</summary>
/// <param name="path">The daemon's socket.</param>
/// <param name="name">Of the producer.</param>
internal sealed class DaemonLink(string path, string name) : IDisposable
{
    /// <summary>Messages that wait for their answers: the daemon lets go who sends many and takes no answers.</summary>
    private const int Window = 32;

    private const int PatienceMilliseconds = 2000;
    private readonly UnixDomainSocketEndPoint endpoint = new(path);
    private List<Series> postponed = [];
    private Socket? socket;

    /// <summary>Whether there is a daemon, as far as is known.</summary>
    public bool IsConnected => socket is not null;

    /// <summary>Series that the daemon did not take.</summary>
    public int Refused { get; private set; }

    /// <summary>What went wrong last.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks for the daemon. Returns the array's descriptor; negative when there is no daemon, or none that takes this producer.</summary>
    public int Connect(int cells)
    {
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { ReceiveTimeout = PatienceMilliseconds, SendTimeout = PatienceMilliseconds };
            socket.Connect(endpoint);
            ProducerHello hello = new() { Kind = MessageKind.Hello, Version = ProducerProtocol.Version, Cells = (uint)cells };
            if (!TryPut(name, hello.Name))
                return Fail($"the name {name} is too long");
            if (!TrySend(hello) || TakeAnswer(out int descriptor) is not { } answer)
                return Fail($"{path}: the daemon does not answer");
            if (answer.Verdict != ProducerVerdict.Accepted || descriptor < 0)
                return Fail($"{path}: the daemon does not take {name}: {answer.Verdict}");
            (Refused, Problem, postponed) = (0, null, []);
            return descriptor;
        }
        catch (SocketException exception)
        {
            return Fail($"{path}: {exception.Message}");
        }
    }

    /// <summary>Declares again what found no slots, or came too early: slots of programs that have ended come free after some seconds.</summary>
    public void DeclarePostponed()
    {
        List<Series> again = postponed;
        (postponed, Refused) = ([], Refused - again.Count);
        _ = Declare(again);
    }

    /// <summary>Declares series; false when the daemon is gone.</summary>
    public bool Declare(IReadOnlyList<Series> series)
    {
        for (int sent = 0, answered = 0; answered < series.Count;)
        {
            if (sent < series.Count && sent - answered < Window)
            {
                if (!TrySend(Message(series[sent++])))
                    return Fail($"{path}: the daemon is gone") >= 0;
                continue;
            }

            if (TakeAnswer(out _) is not { } answer)
                return Fail($"{path}: the daemon does not answer") >= 0;
            if (answer.Verdict is ProducerVerdict.TooManySeries or ProducerVerdict.TooOften)
                postponed.Add(series[answered]);
            if (answer.Verdict != ProducerVerdict.Accepted)
            {
                Refused++;
                Problem = $"{series[answered].Shape.Name} is refused: {answer.Verdict}";
            }

            answered++;
        }

        return true;
    }

    /// <summary>Whether the daemon is still there: it says nothing unasked.</summary>
    public bool IsAlive()
    {
        if (socket is null || !socket.Poll(0, SelectMode.SelectRead))
            return socket is not null;
        return Fail($"{path}: the daemon has ended the connection") >= 0;
    }

    /// <summary>The connection is of no use any more.</summary>
    public void Lose(string problem) => _ = Fail($"{path}: {problem}");

    public void Dispose()
    {
        socket?.Dispose();
        socket = null;
    }

    private static ProducerDeclare Message(Series series)
    {
        SeriesShape shape = series.Shape;
        ProducerDeclare message = new() { Kind = MessageKind.Declare, Cell = (uint)series.Cell, Metric = shape.Kind, Encoding = shape.Encoding, Scale = shape.Scale };
        // What is too long has no zero byte, and is refused with that reason.
        _ = TryPut(shape.Name, message.Name);
        _ = TryPut(shape.Help, message.Help);
        int index = 0;
        foreach ((string label, string value) in series.Labels)
        {
            _ = TryPut(label, message.Label[index].Name);
            _ = TryPut(value, message.Label[index++].Value);
        }

        return message;
    }

    private static bool TryPut(string text, Span<byte> field)
    {
        Encoding.UTF8.TryGetBytes(text, field, out int length);
        if (length < field.Length && Encoding.UTF8.GetByteCount(text) == length)
            return true;
        field.Fill((byte)'?');
        return false;
    }

    private bool TrySend<T>(in T message)
        where T : unmanaged
    {
        socket!.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in message)), SocketFlags.None, out SocketError error);
        return error == SocketError.Success;
    }

    private ProducerAnswer? TakeAnswer(out int descriptor)
    {
        Span<byte> bytes = stackalloc byte[Marshal.SizeOf<ProducerAnswer>()];
        descriptor = -1;
        if (!socket!.Poll(PatienceMilliseconds * 1000, SelectMode.SelectRead))
            return null;
        return Native.Receive((int)socket.SafeHandle.DangerousGetHandle(), bytes, out descriptor) == bytes.Length ? MemoryMarshal.Read<ProducerAnswer>(bytes) : null;
    }

    private int Fail(string problem)
    {
        Problem = problem;
        Dispose();
        return -1;
    }
}
