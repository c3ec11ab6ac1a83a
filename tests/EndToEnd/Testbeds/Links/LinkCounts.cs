namespace OppTel.EndToEnd.Tests.Testbeds.Links;

/// <summary>What a link has done so far, in one direction, in frames. Received = Sent - Duplicated + Lost + Refused + Overflowed + Held.</summary>
/// <param name="Received">That came to it.</param>
/// <param name="Sent">That it passed on, duplicates included.</param>
/// <param name="Lost">That it lost, as it was told.</param>
/// <param name="Duplicated">That it sent once more.</param>
/// <param name="Reordered">That others overtook.</param>
/// <param name="Corrupted">That it changed a bit of.</param>
/// <param name="Refused">That the interface behind it did not take: it is down, or its queue is full.</param>
/// <param name="Overflowed">That it had no room to hold.</param>
/// <param name="Held">That it holds now.</param>
internal readonly record struct LinkCounts(
    long Received, long Sent, long Lost, long Duplicated, long Reordered, long Corrupted, long Refused, long Overflowed, long Held);
