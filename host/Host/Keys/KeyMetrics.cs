using OppTel.Wire;
using Prometheus;

namespace OppTel.Host.Keys;

/// <summary>The families that tell which key is in use, by fingerprints: whether a rotation is through.</summary>
internal sealed class KeyMetrics(MetricFactory factory)
{
    private readonly Counter beacons = factory.CreateCounter("opptel_host_key_beacons_total", "Beacons that a key has verified, by its fingerprint.", "key");
    private readonly Gauge signing = factory.CreateGauge("opptel_host_key_signing", "Whether a key signs what the host sends, by its fingerprint; keys that do not are taken all the same.", "key");
    private readonly Gauge tagged = factory.CreateGauge("opptel_host_trailers_tagged", "Whether trailers carry tags, as the DPU wants them to.");

    /// <summary>Takes what the daemon has.</summary>
    public void Update(HostDaemon daemon)
    {
        tagged.Set(daemon.Kernel.Tagging.IsOn ? 1 : 0);
        if (!daemon.Key.IsSecret)
            return;
        IReadOnlyList<SecretKey> keys = daemon.Key.Keys;
        foreach (string[] gone in signing.GetAllLabelValues().Where(labels => keys.All(key => key.Fingerprint != labels[0])))
        {
            signing.RemoveLabelled(gone);
            beacons.RemoveLabelled(gone);
        }

        foreach (SecretKey key in keys)
        {
            beacons.WithLabels(key.Fingerprint).IncTo(key.Verified);
            signing.WithLabels(key.Fingerprint).Set(key == daemon.Key.Signing ? 1 : 0);
        }
    }
}
