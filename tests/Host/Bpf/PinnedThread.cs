using System.Runtime.ExceptionServices;

namespace OppTel.Host.Tests.Bpf;

/// <summary>Runs test code on one CPU, so that everything it sends belongs to one stream.</summary>
internal sealed class PinnedThread(int cpu) : IDisposable
{
    private Thread? thread;

    /// <summary>Runs to the end and throws what was thrown.</summary>
    public void Run(Action action)
    {
        Start(action);
        Join();
    }

    private ExceptionDispatchInfo? failure;

    /// <summary>Starts; <see cref="Join"/> waits.</summary>
    public void Start(Action action)
    {
        thread = new Thread(() =>
        {
            try
            {
                TestLibc.Pin(cpu);
                action();
            }
#pragma warning disable CA1031 // Join throws it on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
    }

    /// <summary>Waits for the end and throws what was thrown.</summary>
    public void Join()
    {
        thread?.Join();
        thread = null;
        failure?.Throw();
    }

    public void Dispose() => thread?.Join();
}
