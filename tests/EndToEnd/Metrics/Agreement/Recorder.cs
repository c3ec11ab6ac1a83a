using OppTel.Bpf;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>What a recorded value is of.</summary>
internal enum RecordKind
{
    Wait = 1,
    Call = 2,
    Trip = 3,
    Disk = 4,
}

/// <summary>The test's own BPF programs, which keep every single value; recorder.bpf.c describes them.</summary>
internal sealed class Recorder : IDisposable
{
    private const int DiskWord = 0, ValuesWord = 1, SwitchesWord = 2, ForksWord = 3, BuriedWord = 4, Calls = 512;
    private static readonly string[] Programs =
    [
        "recorder_wakeup", "recorder_birth", "recorder_switch", "recorder_fork", "recorder_death", "recorder_call", "recorder_return",
        "recorder_trip", "recorder_disk", "recorder_disk_done",
    ];

    private readonly BpfObject bpf;
    private readonly MappedArray<RecorderState> state;
    private readonly MappedArray<ulong> values;
    private readonly MappedArray<ulong> calls;
    private readonly List<BpfLink> links;

    /// <summary>Begins.</summary>
    /// <param name="folder">Takes the object.</param>
    /// <param name="disk">Kernel's number of the disk that is looked at.</param>
    public Recorder(string folder, ulong disk)
    {
        Command.Run("make", "--no-print-directory", "-C", Path.Combine(Repository.Root, "bpf"), $"OUT={folder}", "SOURCES=../tests/EndToEnd/Metrics/Agreement/recorder.bpf.c").Expect();
        bpf = BpfObject.Open(Path.Combine(folder, "recorder.bpf.o"));
        bpf.Load();
        state = bpf.Map("recorder_state").MapInto<RecorderState>();
        values = bpf.Map("recorder_values").MapInto<ulong>();
        calls = bpf.Map("recorder_calls").MapInto<ulong>();
        state[0].Words[DiskWord] = disk;
        links = [.. Programs.Select(program => bpf.Program(program).Attach())];
    }

    /// <summary>Values so far.</summary>
    public int Count => (int)Word(ValuesWord);

    /// <summary>Forgets the values so far; what it counts goes on.</summary>
    public void Restart() => Volatile.Write(ref state[0].Words[ValuesWord], 0);

    /// <summary>Adds what it counts to an account.</summary>
    public void AddTo(Dictionary<string, double> account)
    {
        Assert.True(Count < values.Count, $"the recorder has room for {values.Count} values and not {Count}");
        account["recorder switches"] = Word(SwitchesWord);
        account["recorder forks"] = Word(ForksWord);
        account["recorder buried"] = Word(BuriedWord);
        foreach ((string name, int[] numbers) in SystemCalls.Classes)
            account[$"recorder calls {name}"] = numbers.Sum(CallsOf);
    }

    /// <summary>Nanoseconds of the recorded values of a kind.</summary>
    /// <param name="kind">Of what.</param>
    /// <param name="what">Which of that.</param>
    /// <param name="from">First value.</param>
    /// <param name="to">The one behind the last.</param>
    public ulong[] Values(RecordKind kind, Func<int, bool> what, int from, int to)
    {
        List<ulong> found = [];
        for (int index = from; index < to; index++)
        {
            ulong value = Volatile.Read(ref values[index]);
            if (value >> 60 == (ulong)kind && what((int)(value >> 48) & 0xFFF))
                found.Add(value & ((1ul << 48) - 1));
        }

        return [.. found];
    }

    public void Dispose()
    {
        links.ForEach(link => link.Dispose());
        calls.Dispose();
        values.Dispose();
        state.Dispose();
        bpf.Dispose();
    }

    private double CallsOf(int number) => Enumerable.Range(0, Environment.ProcessorCount).Sum(cpu => (double)Volatile.Read(ref calls[(cpu * Calls) + number]));

    private ulong Word(int index) => Volatile.Read(ref state[0].Words[index]);
}
