"""Numbers and names in Chinese, Japanese and Korean, as far as the writing shows them.

Seen are numerals (八百万円, 三人), names in katakana, and what stands before a form of address or a rank (田中部長).
A name in Chinese characters or in hangul that nothing marks looks like any other word, and is not seen.
"""

from __future__ import annotations

import re
from fractions import Fraction

from bot.essay.facts.number_words import WrittenNumber
from bot.essay.text.words import word_set

_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_DIGITS |= {"两": 2, "兩": 2, "壱": 1, "弐": 2, "参": 3}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_NUMERALS = "".join([*_DIGITS, *_UNITS, *_MYRIADS])
_COUNTERS = (
    r"[円元人名年月日時时分秒歳岁才回次個个個件社本枚冊册台倍割週周点點度階层位家天杯匹頭头席曲票行段章条條番号號桁歩步泊棟株]"
    r"|[かカヶヵケ]月|つ|小時|小时|公里|キロ|メートル|ドル|ユーロ|ポンド|パーセント|％|%|ページ|種類|店舗|世帯"
)
_RUN = re.compile(rf"[{_NUMERALS}]+")
_COUNTED = re.compile(_COUNTERS)
# Runs of numerals that count nothing, as in "just in case"; and "enough", which is written like ten minutes.
_WORDS = word_set("万一 千万 万万 三三五五 一一 二三")
_ENOUGH = re.compile("十分(?![間后後前以])")

_KANJI = "々\u3400-\u4dbf\u4e00-\u9fff"
_KATAKANA = re.compile(r"[\u30a1-\u30fa][\u30a1-\u30fa\u30fc・゠]*[\u30a1-\u30fa\u30fc]")
_ADDRESSED = re.compile(
    rf"(?P<name>[{_KANJI}]{{1,8}}?|[\uac00-\ud7af]{{2,4}}[ ]?)"
    r"(?P<title>さん|様|氏|くん|ちゃん|先生|社長|部長|課長|係長|店長|会長|専務|常務|主任|教授|博士|先輩|監督"
    r"|女士|小姐|经理|經理|总监|老师|老師|씨|과장|부장|대리|사장|팀장|선생)"
)
_AND = frozenset("和与與跟同对對向问問叫找的是了给給请請在")  # Chinese words that stand before a name without a space
_LONGEST_SURNAME = 3  # in characters; of a longer run the last two, which most surnames have, are taken
# What stands before a rank and names nobody: departments, kin, and which one of several.
_ROLES = word_set(
    "営業 人事 総務 経理 開発 技術 企画 広報 製造 製品 品質 副 元 前 新 現 旧 代表 取締役 担当 当時 皆 客 父 母"
    " 兄 姉 奥 娘 息子 親 看護師 店員 支 工場 事業 編集 研究 本 隣 神 仏 王 爺 婆 叔父 叔母 嬢 坊 各 全 両 某 同"
    " 大 小 老 女 男 总 副总 项目 部门 销售 人力资源 담당 우리 영업 인사"
)
# Katakana words of everyday work and life. Any other one is taken for a name.
_LOANWORDS = word_set(
    "チーム メンバー リーダー マネージャー マネジャー スタッフ プロジェクト プロダクト プログラム プログラマー"
    " エンジニア デザイナー デザイン システム ソフト ソフトウェア ハード サービス サポート サイト ウェブ ネット"
    " インターネット メール メッセージ チャット コード データ データベース アプリ ツール テスト バグ ミス"
    " ミーティング プレゼン レポート レビュー スケジュール タスク リスト ノート ファイル フォルダ ページ パソコン"
    " コンピューター コンピュータ スマホ スマートフォン カメラ ビデオ テレビ ラジオ ニュース オフィス ビル フロア"
    " エレベーター ロビー デスク テーブル ドア キッチン トイレ ベッド ソファ カフェ コーヒー ビール ワイン ケーキ"
    " パン ランチ レストラン ホテル スーパー コンビニ バス タクシー バイク トラック キャリア スキル アイデア"
    " アイディア イメージ チャンス リスク コスト ボーナス ローン クレジット カード ビザ アルバイト バイト パート"
    " フリーランス フリーター サラリーマン ボス ライバル パートナー クライアント ユーザー グループ クラス コース"
    " レベル レッスン ゼミ テーマ ポイント ルール マニュアル プラン ゴール スタート ストップ チェック アドバイス"
    " フィードバック インタビュー アンケート セミナー イベント パーティー ゲーム スポーツ サッカー ピアノ ギター"
    " ストレス ショック パニック プレッシャー プライド モチベーション エネルギー バランス ペース リズム タイミング"
    " パターン スピード ストーリー ブログ エッセイ タイトル キーワード メモ ペン ガラス プラスチック ゴミ シャツ"
    " スーツ ネクタイ バッグ ポケット ドル ユーロ ポンド キロ メートル センチ パーセント グラム トン ゼロ プラス"
    " マイナス アップ ダウン トップ オープン シンプル スムーズ リアル フル メイン サブ パス キー ボタン クリック"
    " リモート ワーク オンライン サーバー クラウド ネットワーク セキュリティ アクセス ログ エラー リリース"
    " バージョン アップデート マーケティング ブランド コンサル コンサルタント ベンチャー スタートアップ メーカー"
    " グローバル ビジネス マーケット シェア セール セールス ノルマ アカウント マナー キャンセル トラブル クレーム"
    " ヒント メリット デメリット コミュニケーション リストラ ハローワーク コロナ ウイルス ワクチン マスク ペット"
    " ドラマ アニメ マンガ ケース シーン ダメ ママ パパ"
)


def find_han_numbers(text: str) -> list[WrittenNumber]:
    """Every number from two on in Chinese numerals: of two numerals or more, or before what is counted."""
    found = []
    for match in _RUN.finditer(text):
        run = match.group()
        counted = _COUNTED.match(text, match.end()) is not None
        if (
            run in _WORDS
            or _ENOUGH.match(text, match.start())
            or not (counted or (len(run) > 1 and any(sign in _UNITS or sign in _MYRIADS for sign in run)))
        ):
            continue
        value = _value(run)
        if value > 1:
            found.append(WrittenNumber(match.start(), match.end(), Fraction(value)))
    return found


def _value(run: str) -> int:
    if all(sign in _DIGITS for sign in run):
        return int("".join(str(_DIGITS[sign]) for sign in run))  # 二〇一九
    total = group = digit = 0
    for sign in run:
        if sign in _DIGITS:
            digit = digit * 10 + _DIGITS[sign]
        elif sign in _UNITS:
            group += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            total += (group + digit or 1) * _MYRIADS[sign]
            group = digit = 0
    return total + group + digit


def find_marked_names(text: str) -> list[tuple[int, int]]:
    """Where a name stands that its writing marks: katakana that is no everyday word, and what a title follows."""
    found = [match.span() for match in _KATAKANA.finditer(text) if match.group() not in _LOANWORDS]
    for match in _ADDRESSED.finditer(text):
        name = match["name"].rstrip()
        start, end = match.start("name"), match.start("name") + len(name)
        if len(name) > _LONGEST_SURNAME and name[0] < "\uac00":
            start = end - 2
        if end - start > 1 and text[start] in _AND:
            start += 1
        if text[start:end] not in _ROLES:
            found.append((start, end))
    return sorted(found)
