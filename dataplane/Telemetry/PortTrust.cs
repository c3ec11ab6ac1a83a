using OppTel.Wire;

namespace OppTel.Telemetry;

/// <summary>Whom the receiver believes on one port.</summary>
/// <param name="Key">Verifies control frames.</param>
/// <param name="RequiresTags">Whether the dataplane has verified the tag of every trailer.</param>
/// <param name="Dataplane">Instance in the beacons of the dataplane, by which fresh frames are told; 0 when it is not known.</param>
public readonly record struct PortTrust(ControlKey Key, bool RequiresTags = false, ulong Dataplane = 0);
