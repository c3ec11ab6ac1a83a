namespace OppTel.Capture;

/// <summary>Writes frames into a pcap file with the link type, snap length and time precision of the capture they come from.</summary>
public sealed unsafe class CaptureWriter : IDisposable
{
    private readonly string path;
    private nint dumper;

    private CaptureWriter(string path, nint dumper)
    {
        this.path = path;
        this.dumper = dumper;
    }

    /// <summary>Creates or empties a file.</summary>
    /// <exception cref="CaptureException">It cannot be written.</exception>
    public static CaptureWriter Create(string path, CaptureReader source)
    {
        // A full path: libpcap takes "-" for standard output.
        nint dumper = Native.pcap_dump_open(source.Handle, Path.GetFullPath(path));
        return dumper != 0
            ? new CaptureWriter(path, dumper)
            : throw new CaptureException(path, Native.Text(Native.pcap_geterr(source.Handle)));
    }

    /// <summary>Writes a frame; a failure shows in <see cref="Complete"/>.</summary>
    /// <param name="header">Its captured length is that of <paramref name="bytes"/>.</param>
    /// <param name="bytes">Its bytes.</param>
    public void Write(CaptureHeader header, ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(dumper == 0, this);
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.CapturedLength, (uint)bytes.Length);
        fixed (byte* data = bytes)
            Native.pcap_dump(dumper, &header, data);
    }

    /// <summary>Puts everything into the file.</summary>
    /// <exception cref="CaptureException">Some write failed.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(dumper == 0, this);
        if (Native.pcap_dump_flush(dumper) != 0 || Native.ferror(Native.pcap_dump_file(dumper)) != 0)
            throw new CaptureException(path, "cannot write: no room left on the device, or an input/output error");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (dumper == 0)
            return;
        Native.pcap_dump_close(dumper);
        dumper = 0;
    }
}
