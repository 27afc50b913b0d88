#!/usr/bin/env bash
# Makes the disk image for macOS, for the processor it runs on. Needs Python 3.11 to 3.13 and Xcode's command line tools.
# Run in the root of the checkout. With SIGN_AS="Developer ID Application: ..." the program is signed; with NOTARY_PROFILE, a
# profile that `xcrun notarytool store-credentials` made, it is sent to Apple as well. Without them it is signed ad hoc, and
# whoever opens it has to allow that in the system settings.
set -euo pipefail
cd "$(dirname "$0")/../.."

make package
version=$(.venv-package/bin/python -c "from engine.version import VERSION; print(VERSION)")
app=dist/Reelfind.app
cp -R dist/reelfind/licences "$app/Contents/Resources/licences"

codesign --force --deep --options runtime --entitlements packaging/macos/entitlements.plist --sign "${SIGN_AS:--}" "$app"
codesign --verify --strict "$app"
"$app/Contents/MacOS/reelfind" --version

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cp -R "$app" "$room/"
ln -s /Applications "$room/Applications"
image="dist/Reelfind-$version-$(uname -m).dmg"
rm -f "$image"
hdiutil create -quiet -volname Reelfind -srcfolder "$room" -format ULFO "$image"

if [ -n "${NOTARY_PROFILE:-}" ]; then
  xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
  xcrun stapler staple "$image"
fi
echo "Made $image"
