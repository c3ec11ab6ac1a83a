using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>A program that the kernel runs for each cgroup of a subtree, parents before children, when it is told to.</summary>
public sealed unsafe class CgroupIterator : IDisposable
{
    private const uint ParentsFirst = 2;
    // What the kernel keeps of the program's output at most; what does not fit is not run for.
    private const int MostOutput = 32768;
    private readonly byte[] output = new byte[MostOutput];
    private readonly string name;
    private readonly int link;

    private CgroupIterator(string name, int link)
    {
        this.name = name;
        this.link = link;
    }

    internal static CgroupIterator Open(BpfProgram program, string folder)
    {
        int cgroup = LibBpf.Open(folder, LibBpf.CloseOnExec);
        if (cgroup < 0)
            throw BpfException.For($"cannot open the cgroup {folder}", Marshal.GetLastPInvokeError());
        LibBpf.CgroupIteratorInfo info = new() { Order = ParentsFirst, CgroupFd = (uint)cgroup };
        LibBpf.LinkCreateOptions options = new()
        {
            Size = (nuint)sizeof(LibBpf.LinkCreateOptions),
            IteratorInfo = (nint)(&info),
            IteratorInfoLength = (uint)sizeof(LibBpf.CgroupIteratorInfo),
        };
        int link = LibBpf.LinkCreate(program.Fd, 0, LibBpf.Iterator, &options);
        int error = Marshal.GetLastPInvokeError();
        // The link holds the cgroup.
        _ = LibBpf.Close(cgroup);
        return link >= 0 ? new CgroupIterator(program.Name, link) : throw BpfException.For($"cannot iterate over {folder} with {program.Name}", error);
    }

    /// <summary>Runs the program for all cgroups.</summary>
    /// <returns>What it wrote, valid until the next run. Where that is more than fits, the rest of the cgroups was not visited.</returns>
    /// <exception cref="IOException">The kernel refused.</exception>
    public ReadOnlySpan<byte> Run()
    {
        int iteration = LibBpf.IteratorCreate(link);
        if (iteration < 0)
            throw Failed();
        try
        {
            fixed (byte* buffer = output)
            {
                nint length = LibBpf.Read(iteration, buffer, MostOutput);
                return length >= 0 ? output.AsSpan(0, (int)length) : throw Failed();
            }
        }
        finally
        {
            _ = LibBpf.Close(iteration);
        }
    }

    /// <summary>Takes the program off.</summary>
    public void Dispose() => _ = LibBpf.Close(link);

    private IOException Failed() => new($"cannot run {name} for each cgroup: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
