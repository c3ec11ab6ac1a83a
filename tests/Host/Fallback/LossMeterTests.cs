using CsCheck;
using OppTel.Host.Fallback;

namespace OppTel.Host.Tests.Fallback;

/// <summary>The loss that is measured is the one that there was, whatever of it the beacons show late.</summary>
public sealed class LossMeterTests
{
    private const ulong Beacon = 100_000_000;

    [Fact]
    public void WhatIsOnItsWayIsNotLost()
    {
        LossMeter meter = new();
        // Five trailers are always still on their way, and one beacon says nothing new.
        for (uint beacon = 0; beacon < 40; beacon++)
            meter.Observe(beacon * Beacon, [new StreamReport(0, (beacon * 10) + 5, true, beacon == 20 ? 189 : (beacon * 10) - 1, 0)]);
        Assert.Equal(0, meter.Share(40 * Beacon));
    }

    [Fact]
    public void AStreamThatNeverArrivesIsAllLost()
    {
        LossMeter meter = new();
        for (uint beacon = 0; beacon < 10; beacon++)
            meter.Observe(beacon * Beacon, [new StreamReport(3, 1000 + (beacon * 2), false, 0, 0)]);
        Assert.Equal(1, meter.Share(10 * Beacon));
    }

    [Fact]
    public void FewTrailersTellNothing()
    {
        LossMeter meter = new();
        Assert.Null(meter.Share(0));
        for (uint beacon = 0; beacon < 6; beacon++)
            meter.Observe(beacon * Beacon, [new StreamReport(0, beacon, true, 0, 0)]);
        Assert.Null(meter.Share(6 * Beacon));
    }

    [Fact]
    public void AnotherReceiverBeginsAnew()
    {
        LossMeter meter = new();
        for (uint beacon = 0; beacon < 20; beacon++)
            meter.Observe(beacon * Beacon, [new StreamReport(0, (beacon + 1) * 10, true, (beacon * 10) + 9, beacon < 10 ? 500 : 0ul)]);
        Assert.Equal(0, meter.Share(20 * Beacon));
    }

    /// <summary>A random share of each stream's trailers is lost: the measure is that of the last second or so, and forgets what was before.</summary>
    [Fact]
    public void ItMeasuresTheLossThatThereWas() => Gen.Select(Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int[5, 200], Gen.Int[1, 4], Gen.Int).Sample((before, share, rate, streams, seed) =>
    {
        LossMeter meter = new();
        Random random = new(seed);
        uint[] next = new uint[streams];
        uint[] highest = new uint[streams];
        ulong[] arrived = new ulong[streams];
        ulong sent = 0, lost = 0, now = 0;
        // Long enough for the slowest to have 32 trailers, the window's target.
        for (int beacon = 0; beacon < 60; beacon++, now += Beacon)
        {
            StreamReport[] reports = new StreamReport[streams];
            for (int stream = 0; stream < streams; stream++)
            {
                for (int trailer = 0; trailer < rate; trailer++, next[stream]++)
                {
                    bool isLost = next[stream] > 0 && random.Next(100) < (beacon < 30 ? before : share);
                    if (beacon is >= 48 and < 59)
                        (sent, lost) = (sent + 1, lost + (isLost ? 1ul : 0));
                    if (!isLost)
                        (highest[stream], arrived[stream]) = (next[stream], arrived[stream] + 1);
                }

                reports[stream] = new StreamReport((ushort)stream, next[stream], true, highest[stream], highest[stream] + 1 - arrived[stream]);
            }

            meter.Observe(now, reports);
        }

        double measured = Assert.NotNull(meter.Share(now - Beacon)), truth = (double)lost / sent;
        Assert.InRange(measured, truth - 0.15, truth + 0.15);
        Assert.True(share is not (0 or 100) || measured == share / 100.0, $"{measured} of {share} %");
    });
}
