namespace OppTel.Capture;

/// <summary>Reads pcapng and the older kinds of pcap through libpcap, with times in nanoseconds.</summary>
internal sealed unsafe class LibPcapReader : CaptureReader
{
    private nint capture;

    private LibPcapReader(string path, nint capture)
        : base(path, CaptureFormat.Create((uint)Native.pcap_datalink(capture), (uint)Native.pcap_snapshot(capture)))
    {
        this.capture = capture;
    }

    internal static LibPcapReader OpenFile(string path)
    {
        byte* error = stackalloc byte[Native.ErrorBufferSize];
        // A full path: libpcap takes "-" for standard input, and puts the path in front of some of its reasons.
        string full = Path.GetFullPath(path);
        nint capture = Native.pcap_open_offline_with_tstamp_precision(full, Native.PrecisionNanoseconds, error);
        if (capture != 0)
            return new LibPcapReader(path, capture);
        string reason = Native.Text(error);
        throw new CaptureException(path, reason.StartsWith(full + ": ", StringComparison.Ordinal) ? reason[(full.Length + 2)..] : reason);
    }

    public override bool TryRead(out CaptureHeader header, out ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(capture == 0, this);
        Native.PacketHeader* found;
        byte* data;
        int result = Native.pcap_next_ex(capture, &found, &data);
        if (result != Native.Packet)
        {
            header = default;
            bytes = default;
            return result == Native.EndOfFile ? false : throw new CaptureException(FilePath, Native.Text(Native.pcap_geterr(capture)));
        }

        header = new CaptureHeader((uint)found->Seconds, (uint)found->Nanoseconds, found->CapturedLength, found->Length);
        bytes = new ReadOnlySpan<byte>(data, checked((int)header.CapturedLength));
        return true;
    }

    public override void Dispose()
    {
        if (capture == 0)
            return;
        Native.pcap_close(capture);
        capture = 0;
    }
}
