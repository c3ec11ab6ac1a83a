using System.Runtime.InteropServices;
using OppTel.Bpf;
using OppTel.Host.Samplers;
using OppTel.Producers;

namespace OppTel.Host.Producers;

/// <summary>Judges the messages of programs, answers and counts each, and does what they ask for.</summary>
/// <param name="settings">The bounds.</param>
internal sealed class ProducerDesk(ProducerSettings settings)
{
    private readonly DeclaredFamilies families = new(settings.Families);
    private readonly SlotBudget budget = new(settings.Slots);

    /// <summary>
    /// An array lives as long as anybody keeps its descriptor, connected or not: who collected them by connecting again and again
    /// would use up the daemon's memory quickly.
    /// </summary>
    private readonly RateLimit welcomes = new(2 * settings.Producers, TimeSpan.FromSeconds(1));

    /// <summary>
    /// A DPU keeps series for a while when they have ended: who declared and withdrew all the time would fill it. All programs
    /// may come, and come again.
    /// </summary>
    private readonly RateLimit declarations = new(2 * settings.Slots, TimeSpan.FromMinutes(1) / settings.Slots);

    private readonly ulong[] verdicts = new ulong[Enum.GetValues<ProducerVerdict>().Length];

    /// <summary>Messages, and connections that ended without one, by what became of them.</summary>
    public IEnumerable<(ProducerVerdict Verdict, ulong Count)> Verdicts =>
        Enum.GetValues<ProducerVerdict>().Select(verdict => (verdict, verdicts[(int)verdict]));

    /// <summary>What the kernel refused last; null when it was asked again successfully.</summary>
    public string? Failure { get; private set; }

    /// <summary>Counts what became of a connection.</summary>
    public void Count(ProducerVerdict verdict) => verdicts[(int)verdict]++;

    /// <summary>Does what a message asks for, and answers.</summary>
    /// <param name="connection">It came from there.</param>
    /// <param name="message">Anything.</param>
    /// <param name="all">All connections.</param>
    /// <param name="store">Takes the series.</param>
    /// <returns>False when the connection ends.</returns>
    public bool Handle(ProducerConnection connection, ReadOnlySpan<byte> message, IReadOnlyList<ProducerConnection> all, ISlotStore store)
    {
        uint cell = 0;
        ProducerVerdict verdict;
        MessageKind kind = message.Length >= sizeof(uint) ? MemoryMarshal.Read<MessageKind>(message) : 0;
        if (!IsMessage(kind, message.Length))
            verdict = ProducerVerdict.BadMessage;
        else if (kind == MessageKind.Hello)
            verdict = Welcome(connection, MemoryMarshal.AsRef<ProducerHello>(message), all);
        else if (connection.Producer is not { } producer)
            verdict = ProducerVerdict.OutOfTurn;
        else if (kind == MessageKind.Declare)
            (cell, verdict) = (MemoryMarshal.AsRef<ProducerDeclare>(message).Cell, Declare(producer, MemoryMarshal.AsRef<ProducerDeclare>(message), store));
        else
            (cell, verdict) = (MemoryMarshal.AsRef<ProducerWithdraw>(message).Cell, producer.Withdraw(MemoryMarshal.AsRef<ProducerWithdraw>(message).Cell, store));
        return Answer(connection, kind, verdict, cell);
    }

    private static unsafe bool IsMessage(MessageKind kind, int length) => kind switch
    {
        MessageKind.Hello => length == sizeof(ProducerHello),
        MessageKind.Declare => length == sizeof(ProducerDeclare),
        MessageKind.Withdraw => length == sizeof(ProducerWithdraw),
        _ => false,
    };

    private bool Answer(ProducerConnection connection, MessageKind kind, ProducerVerdict verdict, uint cell)
    {
        bool isWelcome = kind == MessageKind.Hello && verdict == ProducerVerdict.Accepted;
        uint cells = (uint)(connection.Producer?.Map.Cells.Length ?? settings.Cells);
        bool isHeard = connection.TryAnswer(
            new ProducerAnswer { Kind = kind, Verdict = verdict, Cell = cell, Cells = cells }, isWelcome ? connection.Producer!.Map.Fd : -1);
        Count(verdict);
        if (verdict is ProducerVerdict.BadMessage or ProducerVerdict.OutOfTurn || (kind == MessageKind.Hello && !isWelcome))
            return false;
        if (!isHeard)
            Count(ProducerVerdict.Deaf);
        return isHeard;
    }

    private ProducerVerdict Declare(Producer producer, in ProducerDeclare message, ISlotStore store)
    {
        if (!declarations.TryTake(Native.Boottime))
            return ProducerVerdict.TooOften;
        ProducerVerdict verdict = producer.Declare(message, store);
        if (verdict != ProducerVerdict.Accepted)
            declarations.Give();
        return verdict;
    }

    private ProducerVerdict Welcome(ProducerConnection connection, in ProducerHello hello, IReadOnlyList<ProducerConnection> all)
    {
        if (hello.Version != ProducerProtocol.Version)
            return ProducerVerdict.OtherVersion;
        if (connection.Producer is not null)
            return ProducerVerdict.OutOfTurn;
        if (!ProducerStrings.TryRead(hello.Name, out string name) || name.Length == 0)
            return ProducerVerdict.BadText;
        if (hello.Cells == 0 || hello.Cells > (uint)settings.Cells)
            return ProducerVerdict.BadCells;
        if (all.Any(other => other.Producer is { } producer && producer.Process == connection.Process && producer.Name == name))
            return ProducerVerdict.NameTaken;
        if (all.Count(other => other.Producer is not null) >= settings.Producers)
            return ProducerVerdict.TooManyProducers;
        return welcomes.TryTake(Native.Boottime) ? Admit(connection, name, (int)hello.Cells) : ProducerVerdict.TooOften;
    }

    private ProducerVerdict Admit(ProducerConnection connection, string name, int cells)
    {
        try
        {
            connection.Producer = new Producer(name, connection.Process, new CellMap("opptel_cells", cells), families, budget);
            Failure = null;
            return ProducerVerdict.Accepted;
        }
        catch (BpfException exception)
        {
            Failure = exception.Message;
            return ProducerVerdict.NoMap;
        }
    }
}
