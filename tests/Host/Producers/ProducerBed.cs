using OppTel.Host.Producers;
using OppTel.Host.Samplers;
using OppTel.Host.Tests.Bpf;
using OppTel.Host.Tests.Daemon;
using OppTel.Producers;

namespace OppTel.Host.Tests.Producers;

/// <summary>The daemon's side with a store that remembers; the test's thread is the daemon's.</summary>
internal sealed class ProducerBed : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly List<TestProducer> programs = [];

    public ProducerBed(int producers = 256, int slots = 4096, int families = 64, RecordingStore? store = null)
    {
        Settings = new ProducerSettings(Path, Mode, producers, 1024, slots, families, TimeSpan.FromMilliseconds(10));
        Store = store ?? new RecordingStore();
        Reader = new ProducersReader(Settings);
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"opptel-producers-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public ProducerSettings Settings { get; private set; }

    public RecordingStore Store { get; }

    public ProducersReader Reader { get; private set; }

    /// <summary>Takes everything in place of <see cref="Store"/>, where it is set.</summary>
    public ISlotStore? Instead { get; set; }

    /// <summary>One look at everything.</summary>
    public void Read() => Reader.Read(Instead ?? Store);

    /// <summary>How often something came out.</summary>
    public ulong Count(ProducerVerdict verdict) => Reader.Verdicts.Single(entry => entry.Verdict == verdict).Count;

    /// <summary>Connects a program that says nothing.</summary>
    public TestProducer Connect()
    {
        TestProducer program = new(Path);
        programs.Add(program);
        return program;
    }

    /// <summary>Connects a program that has its cells.</summary>
    public TestProducer Welcome(string name = "test", uint cells = 256)
    {
        TestProducer program = Connect();
        Assert.Equal(ProducerVerdict.Accepted, Ask(program, TestProducer.Hello(name, cells)));
        return program;
    }

    /// <summary>Sends a message and has it answered.</summary>
    public ProducerVerdict Ask<T>(TestProducer program, T message)
        where T : unmanaged
    {
        Assert.True(program.Send(message));
        return TakeAnswer(program).Verdict;
    }

    /// <summary>The next answer.</summary>
    public ProducerAnswer TakeAnswer(TestProducer program)
    {
        ProducerAnswer? answer = null;
        Wait.Until(
            () =>
            {
                // Lets it in, and hears it.
                Read();
                Read();
                return (answer = program.TryTake()) is not null || program.HasEnded;
            },
            "the daemon answers");
        return answer ?? throw new InvalidOperationException("the daemon has ended the connection");
    }

    /// <summary>The daemon ends and starts again, at the same path.</summary>
    /// <param name="slots">How many it then has; as before, unless it is said.</param>
    public void Restart(int? slots = null)
    {
        Reader.Dispose();
        Settings = Settings with { Slots = slots ?? Settings.Slots };
        Reader = new ProducersReader(Settings);
    }

    public void Dispose()
    {
        programs.ForEach(program => program.Dispose());
        Reader.Dispose();
        Assert.False(System.IO.Path.Exists(Path));
    }
}
