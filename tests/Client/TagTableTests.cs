using CsCheck;

namespace OppTel.Client.Tests;

/// <summary>The table of tags against a dictionary of texts.</summary>
public class TagTableTests
{
    private static readonly Gen<KeyValuePair<string, object?>[]> Tags =
        Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Int[0, 2].Select(value => (object?)value), Gen.Int[0, 2].Select(value => value == 0 ? null : (object?)$"{value}"))).Array[0, 4]
            .Select(tags => tags.DistinctBy(tag => tag.Item1).Select(tag => new KeyValuePair<string, object?>($"tag{tag.Item1}", tag.Item2)).ToArray());

    [Fact]
    public void WhatWasAddedIsFoundInAnyOrderAndNothingElse() => Tags.Array[1, 40].Sample(all =>
    {
        Dictionary<string, Series> model = [];
        TagTable table = new();
        foreach (KeyValuePair<string, object?>[] tags in all)
        {
            Assert.Same(model.GetValueOrDefault(Key(tags)), table.Find(tags));
            if (model.ContainsKey(Key(tags)))
                continue;
            Series series = new(null!, new Dictionary<string, string>(), null!, 0);
            model[Key(tags)] = series;
            table = table.With(tags, series);
        }

        foreach (KeyValuePair<string, object?>[] tags in all)
            Assert.Same(model[Key(tags)], table.Find([.. tags.Reverse()]));
    });

    private static string Key(KeyValuePair<string, object?>[] tags) => string.Join(',', tags.Select(tag => $"{tag.Key}={tag.Value?.GetType().Name}{tag.Value}").Order());
}
