using CsCheck;
using OppTel.Triggers.Conditions;

namespace OppTel.Triggers.Tests;

/// <summary>Rates are the true change between now and a moment that is as long ago as it should be.</summary>
public sealed class RateWindowTests
{
    [Fact]
    public void ARateIsTheTrueChangeOverTheWindow() => Gen.Select(
        Gen.Int[1, 1000],
        Gen.Select(Gen.Int[0, 40], Gen.Int[-50, 1000]).Array[1, 300]).Sample((over, steps) =>
        {
            RateWindow window = new((ulong)over);
            Dictionary<ulong, List<double>> history = [];
            ulong now = 0, first = 0;
            double value = 0;
            for (int step = 0; step < steps.Length; step++)
            {
                now += (ulong)steps[step].Item1;
                value += steps[step].Item2;
                first = step == 0 ? now : first;
                bool isKnown = window.TryAdd(now, value, out double rate, out ulong span);
                Assert.Equal(step > 0 && now - first >= (ulong)over, isKnown);
                if (isKnown)
                {
                    // Not younger than the window; older by a part of it and the longest wait between two steps.
                    Assert.InRange(span, (ulong)over, (ulong)(over + (over / 8) + 40));
                    Assert.Contains(history[now - span], then => Math.Abs(((value - then) * 1e9 / span) - rate) <= Math.Abs(rate) * 1e-12);
                }

                if (!history.TryGetValue(now, out List<double>? values))
                    history[now] = values = [];
                values.Add(value);
            }
        });

    [Fact]
    public void WhatWasForgottenCountsNoMore()
    {
        RateWindow window = new(100);
        Assert.False(window.TryAdd(0, 5, out _, out _));
        Assert.True(window.TryAdd(100, 6, out double rate, out _));
        Assert.Equal(1e7, rate);
        window.Clear();
        Assert.False(window.TryAdd(200, 7, out _, out _));
    }
}
