using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire;

namespace OppTel.Dataplane;

/// <summary>The C# view of the wire structures, under the names of the shim's table.</summary>
internal static class WireLayouts
{
    /// <summary>Everything that the dataplane reads or writes.</summary>
    public static IReadOnlyList<LayoutField> All { get; } =
    [
        new("opptel_footer", 0, WireFormat.FooterSize),
        new("opptel_footer.checksum", WireFormat.ChecksumOffset, sizeof(ushort)),
        new("opptel_value", 0, WireFormat.ValueSize),
        new("opptel_sample", 0, WireFormat.SampleSize),
        new("opptel_control", 0, ControlHeader.Size),
        new("opptel_control.tag", ControlHeader.TagOffset, ControlHeader.TagSize),
        new("opptel_beacon", 0, (uint)Beacon.Size(Beacon.MaxStreams)),
        new("opptel_beacon.host_instance", Beacon.HostInstanceOffset, sizeof(ulong)),
        new("opptel_beacon.lease_ms", Beacon.LeaseOffset, sizeof(uint)),
        new("opptel_beacon.epoch", Beacon.EpochOffset, sizeof(ushort)),
        new("opptel_beacon.streams", Beacon.StreamsOffset, sizeof(ushort)),
        new("opptel_beacon.max_trailer", Beacon.MaxTrailerOffset, sizeof(ushort)),
        new("opptel_beacon.boosts", Beacon.BoostsOffset, sizeof(ushort)),
        new("opptel_beacon.stream", (uint)Beacon.FixedSize, (uint)(Beacon.Size(Beacon.MaxStreams) - Beacon.FixedSize)),
        new("opptel_beacon_stream", 0, HostView.StreamSize),
        new("opptel_beacon_boost", 0, Beacon.BoostSize),
    ];
}
