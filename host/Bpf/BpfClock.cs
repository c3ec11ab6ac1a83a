using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>
/// A program that the clock of one CPU runs. It stands still until it is started; changing its pace takes no capability, and when a
/// stop returns, the program does not run there any more.
/// </summary>
public sealed unsafe class BpfClock : IDisposable
{
    private const nuint Enable = 0x2400, Disable = 0x2401, SetPeriod = 0x40082404;
    private readonly BpfLink link;
    private readonly int fd;
    private readonly int cpu;

    internal BpfClock(BpfLink link, int fd, int cpu)
    {
        this.link = link;
        this.fd = fd;
        this.cpu = cpu;
        Stop();
    }

    /// <summary>The CPU's number.</summary>
    public int Cpu => cpu;

    /// <summary>Runs the program each period from now on.</summary>
    /// <param name="period">10 us or more.</param>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Start(TimeSpan period)
    {
        ulong nanoseconds = (ulong)period.Ticks * 100;
        Control(SetPeriod, &nanoseconds);
        Control(Enable, null);
    }

    /// <summary>Does not run it any more.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Stop() => Control(Disable, null);

    /// <summary>Detaches.</summary>
    public void Dispose() => link.Dispose();

    private void Control(nuint request, ulong* argument)
    {
        if (LibBpf.Control(fd, request, argument) < 0)
            throw BpfException.For($"cannot set the clock of CPU {cpu} (ioctl)", Marshal.GetLastPInvokeError());
    }
}
