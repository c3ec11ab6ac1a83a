using System.Runtime.CompilerServices;

namespace OppTel.Triggers.Conditions;

/// <summary>
/// How fast a value changes over the time that just passed, from up to <see cref="Room"/> values that it remembers: the rate is taken
/// from the newest one that is old enough. Allocates nothing.
/// </summary>
/// <param name="over">Nanoseconds.</param>
internal struct RateWindow(ulong over)
{
    /// <summary>Values that are remembered: some more than the parts of a window.</summary>
    public const int Room = 12;

    private const int Parts = 8;
    private Points points;
    private int first;
    private int count;

    /// <summary>Forgets everything.</summary>
    public void Clear() => count = 0;

    /// <summary>Takes the value of this moment; false while too little is known.</summary>
    /// <param name="now">Nanoseconds, never less than before.</param>
    /// <param name="value">The value.</param>
    /// <param name="rate">Change per second since <paramref name="span"/> ago.</param>
    /// <param name="span">Nanoseconds: the window, and up to a part of it more, or what lies between two calls.</param>
    public bool TryAdd(ulong now, double value, out double rate, out ulong span)
    {
        while (count > 1 && now - At(1).Time >= over)
            Drop();
        bool isKnown = count > 0 && now - At(0).Time >= over;
        span = isKnown ? now - At(0).Time : 0;
        rate = isKnown ? (value - At(0).Value) * 1e9 / span : 0;
        if (count == 0 || now - At(count - 1).Time >= over / Parts)
        {
            if (count == Room)
                Drop();
            points[(first + count) % Room] = new Point(now, value);
            count++;
        }

        return isKnown;
    }

    private readonly Point At(int index) => points[(first + index) % Room];

    private void Drop()
    {
        first = (first + 1) % Room;
        count--;
    }

    private readonly record struct Point(ulong Time, double Value);

    [InlineArray(Room)]
    private struct Points
    {
        private Point first;
    }
}
