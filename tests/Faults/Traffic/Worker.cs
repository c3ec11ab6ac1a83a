using System.Net.Sockets;

namespace OppTel.Faults.Tests.Traffic;

/// <summary>A thread of a client or server that ends when its sockets are closed, and remembers what else ended it.</summary>
internal sealed class Worker
{
    private readonly Thread thread;
    private volatile bool isClosing;
    private volatile Exception? failure;

    public Worker(string name, Action work)
    {
        thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception exception) when (isClosing && exception is SocketException or ObjectDisposedException)
            {
                // The end that was asked for.
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })
        {
            Name = name,
        };
        thread.Start();
    }

    /// <summary>Fails when it ended by itself.</summary>
    public void AssertGoesOn() => Assert.True(failure is null, $"{thread.Name}: {failure}");

    /// <summary>Its sockets are about to be closed.</summary>
    public void Closing() => isClosing = true;

    /// <summary>Waits until it has ended.</summary>
    public void Join() => thread.Join();
}
